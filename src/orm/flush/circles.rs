//! `Circles`: which types refer to each other, and in which order they come.

/// Tarjan's algorithm: finds what refers to each other in circles, each after what it refers to.
pub(super) struct Circles<'g> {
    parents: &'g [Vec<usize>],
    /// When each was come upon, and the earliest that it leads back to.
    seen: Vec<Option<(usize, usize)>>,
    open: Vec<usize>,
    count: usize,
    found: Vec<Vec<usize>>,
}

impl<'g> Circles<'g> {
    /// Finds the circles of a graph, given what each refers to.
    pub(super) fn of(parents: &'g [Vec<usize>]) -> Vec<Vec<usize>> {
        let seen = vec![None; parents.len()];
        let mut circles = Self { parents, seen, open: Vec::new(), count: 0, found: Vec::new() };
        for node in 0..parents.len() {
            circles.visit(node);
        }
        circles.found
    }

    /// Returns the earliest that the node leads back to, while its circle is open.
    fn visit(&mut self, node: usize) -> usize {
        if let Some(Some((_, low))) = self.seen.get(node) {
            return if self.open.contains(&node) { *low } else { usize::MAX };
        }
        let index = self.count;
        self.count += 1;
        self.note(node, index, index);
        self.open.push(node);
        let mut low = index;
        for parent in self.parents.get(node).into_iter().flatten() {
            low = low.min(self.visit(*parent));
        }
        self.note(node, index, low);
        if low == index
            && let Some(first) = self.open.iter().position(|open| *open == node)
        {
            self.found.push(self.open.split_off(first));
        }
        low
    }

    fn note(&mut self, node: usize, index: usize, low: usize) {
        if let Some(seen) = self.seen.get_mut(node) {
            *seen = Some((index, low));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Circles;

    #[test]
    fn what_is_referred_to_comes_first() {
        // 0 refers to 1 and 2, 1 to 2.
        let found = Circles::of(&[vec![1, 2], vec![2], vec![]]);

        assert_eq!(found, [[2], [1], [0]]);
    }

    #[test]
    fn circles_stay_together() {
        // 0 and 1 refer to each other, and both to 3; 2 refers to itself and to 0.
        let found = Circles::of(&[vec![1, 3], vec![0, 3], vec![2, 0], vec![]]);

        assert_eq!(found, [vec![3], vec![0, 1], vec![2]]);
    }
}
