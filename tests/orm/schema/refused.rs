//! What cannot be a schema: told by its entities and columns, before anything runs.

use headwater::{
    Dialect, ErrorKind, Value,
    entity::{Action, EntityIndex, EntityTable},
    schema,
};

use super::made::{Made, column, computed, id, index, put, table, to, unique, with_default};

/// What the schema of one table, beside a table `users`, is refused with.
fn refused(wrong: EntityTable) -> String {
    let mut users = table::<0>("users", "User", [id(), column::<String>("name")]);
    users.indexes.push(EntityIndex::on(vec![1], false, Some("by_name")));
    put::<0>(users);
    put::<1>(wrong);
    let error = schema().entity::<Made<0>>().entity::<Made<1>>().sql().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Entity);
    error.to_string()
}

/// A table with these columns after its key.
fn posts<const N: usize>(columns: [headwater::entity::EntityColumn; N]) -> EntityTable {
    table::<1>("posts", "Post", [id()].into_iter().chain(columns))
}

#[test]
fn two_entities_of_one_table_are_refused() {
    let said = refused(table::<1>("Users", "Account", [id()]));

    assert_eq!(
        said,
        "`User` and `Account` are both of the table `Users`; a schema has one entity for each table; \
         leave one of them out"
    );
}

#[test]
fn one_entity_twice_is_one() {
    put::<0>(table::<0>("users", "User", [id()]));

    let twice = schema().entity::<Made<0>>().entity::<Made<0>>().statements().unwrap();

    assert_eq!(twice.len(), 1);
}

#[test]
fn a_reference_to_an_entity_that_is_not_in_the_schema_names_both() {
    put::<7>(table::<7>("authors", "Author", [id()]));
    let mut posts = posts([column::<i64>("author_id")]);
    posts.references.push(to::<7>(&[1], &[0]));

    let said = refused(posts);

    assert_eq!(
        said,
        "`Post.author_id` (table `posts`) refers to `Author`, which is not in the schema; add \
         `.entity::<Author>()`"
    );
}

#[test]
fn a_reference_is_to_what_is_unique() {
    let mut posts = posts([column::<String>("author")]);
    posts.references.push(to::<0>(&[1], &[1]));

    let said = refused(posts);

    assert!(
        said.contains("`User.name` (table `users`), which is neither the primary key nor unique")
    );
}

#[test]
fn a_reference_has_as_many_columns_as_its_target() {
    let mut posts = posts([column::<i64>("a")]);
    posts.references.push(to::<0>(&[0, 1], &[0]));

    assert!(refused(posts).contains("refers to 1 columns of `User`, and is 2"));
}

#[test]
fn a_column_that_cannot_be_null_is_not_set_to_null() {
    let mut posts = posts([column::<i64>("author_id")]);
    let mut key = to::<0>(&[1], &[0]);
    key.on_delete = Action::SetNull;
    posts.references.push(key);

    assert!(refused(posts).contains("`Post.author_id` (table `posts`) is to become NULL"));
}

#[test]
fn a_generated_key_is_one_integer_and_the_whole_key() {
    let mut text = column::<String>("id");
    text.generated = true;
    let mut second = posts([column::<i64>("part")]);
    second.primary_key = vec![0, 1];

    assert!(
        refused(table::<1>("posts", "Post", [text])).contains("is generated, and is no integer")
    );
    assert!(
        refused(second).contains("`Post.id` (table `posts`) is generated, and is not the whole")
    );
}

#[test]
fn a_computed_column_has_no_default_and_is_in_no_key() {
    let both = with_default(computed(column::<i64>("sum"), "1 + 1"), "2");
    let mut key = posts([computed(column::<i64>("sum"), "1 + 1")]);
    (key.columns[0].generated, key.primary_key) = (false, vec![0, 1]);

    assert!(
        refused(posts([both]))
            .contains("`Post.sum` (table `posts`) is computed, and has a default")
    );
    assert!(refused(key).contains("is computed, and is in the primary key"));
}

#[test]
fn names_that_are_none_or_there_twice_are_refused() {
    assert!(
        refused(table::<1>("", "Post", [id()])).contains("`Post`: the table has an empty name")
    );
    assert!(refused(table::<1>("SQLite_x", "Post", [id()])).contains("begins with `sqlite_`"));
    assert!(refused(posts([column::<i64>("a\0b")])).contains("a column has a name with a NUL"));
    let twice = refused(posts([column::<i64>("a"), column::<i64>("A")]));
    assert!(twice.contains("the fields `a` and `A` are both of the column `A`"), "{twice}");
}

#[test]
fn indexes_of_one_name_are_refused_with_both() {
    let named = |name| {
        let mut posts = posts([column::<i64>("a")]);
        posts.indexes.push(EntityIndex::on(vec![1], false, Some(name)));
        posts
    };
    let mut twice = posts([column::<i64>("a")]);
    twice.indexes = vec![index(&[1]), index(&[1])];
    let mut both = posts([column::<i64>("a")]);
    both.indexes = vec![index(&[1]), unique(&[1])];

    assert_eq!(
        refused(named("By_Name")),
        "an index of `User` on `name` and an index of `Post` on `a` are both named `By_Name`; give one \
         of them another with `name = \"…\"`"
    );
    assert!(refused(named("users")).contains("the table of `User` and an index of `Post` on `a`"));
    assert!(refused(twice).contains("are both named `ix_posts_a`"));
    put::<0>(table::<0>("users", "User", [id()]));
    put::<1>(both);
    assert!(schema().entity::<Made<0>>().entity::<Made<1>>().sql().is_ok());
}

#[test]
fn positions_that_there_are_not_are_refused() {
    let mut beyond = posts([]);
    beyond.indexes.push(index(&[5]));
    let mut empty = posts([]);
    empty.primary_key = Vec::new();
    empty.columns[0].generated = false;

    assert!(refused(beyond).contains("has no columns, or one that there is not"));
    assert!(refused(empty).contains("has no columns, or one that there is not"));
}

#[test]
fn postgres_has_no_column_for_values_of_any_type() {
    put::<0>(table::<0>("bags", "Bag", [id(), column::<Value>("what")]));
    let bags = schema().entity::<Made<0>>();

    let error = bags.sql_for(Dialect::Postgres).unwrap_err();

    assert!(error.to_string().contains("`Bag.what` (table `bags`) holds values of any type"));
    assert!(bags.sql().unwrap().contains("\"what\" NOT NULL"));
}
