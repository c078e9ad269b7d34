//! Edits that stand where a flush, a savepoint or another edit is under way.

use std::thread;

use headwater::Tracked;

use super::library::{Author, Library, author};
use crate::support::run;

#[test]
fn threads_that_edit_two_entities_within_each_other_do_not_wait_for_each_other() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let [ada, alan] = [session.add(author("Ada")), session.add(author("Alan"))];
        let barrier = std::sync::Barrier::new(2);

        let within = |outer: &Tracked<Author>, inner: &Tracked<Author>| {
            outer.edit(|author| {
                barrier.wait();
                inner.edit(|inner| inner.born = Some(1900));
                author.name.push('!');
            });
        };
        thread::scope(|scope| {
            scope.spawn(|| within(&ada, &alan));
            scope.spawn(|| within(&alan, &ada));
        });

        for (author, name) in [(ada, "Ada!"), (alan, "Alan!")] {
            assert_eq!((&*author.read().name, author.read().born), (name, Some(1900)));
        }
    });
}
