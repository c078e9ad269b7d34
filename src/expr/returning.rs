//! RETURNING: what a statement that writes gives back.

macro_rules! returning {
    ($of:ident $(, $extra:ident)?) => {
        impl<E: Entity, S $(, $extra)?> $of<E, S $(, $extra)?> {
            /// Gives back the rows as they are now, as whole entities.
            ///
            /// A statement that writes is through, and its effect there, before the first of them arrives.
            pub fn returning_entity(self) -> $of<E, Scalars<E> $(, $extra)?> {
                self.giving(vec![Output::Entity(Source::Table(E::table()), None)])
            }

            /// Gives back columns of the rows as they are now: one, or a tuple.
            pub fn returning<P: Projection>(self, columns: P) -> $of<E, Scalars<P::Row> $(, $extra)?> {
                let columns = outputs(columns);
                self.giving(columns)
            }

            fn giving<R>(mut self, returning: Vec<Output>) -> $of<E, R $(, $extra)?> {
                self.node.returning = returning;
                $of { node: self.node, options: self.options, marker: PhantomData }
            }
        }

        impl<E, S $(, $extra)?> Clone for $of<E, S $(, $extra)?> {
            fn clone(&self) -> Self {
                Self { node: self.node.clone(), options: self.options, marker: PhantomData }
            }
        }
    };
}

pub(crate) use returning;
