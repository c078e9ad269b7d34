//! How entities belong together: what `has_many`, `has_one`, `belongs_to` and `many_to_many` declare.

use std::fmt;
use std::marker::PhantomData;

macro_rules! relation {
    ($(#[$attribute:meta])* $name:ident<$($entity:ident),+> { $($(#[$about:meta])* $columns:ident),+ }) => {
        $(#[$attribute])*
        pub struct $name<$($entity),+> {
            $($columns: &'static [usize],)+
            marker: PhantomData<fn() -> ($($entity,)+)>,
        }

        impl<$($entity),+> $name<$($entity),+> {
            /// What the derive writes.
            #[doc(hidden)]
            #[must_use]
            pub const fn by($($columns: &'static [usize]),+) -> Self {
                Self { $($columns,)+ marker: PhantomData }
            }

            $(
                $(#[$about])*
                #[must_use]
                pub const fn $columns(self) -> &'static [usize] {
                    self.$columns
                }
            )+
        }

        impl<$($entity),+> Clone for $name<$($entity),+> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<$($entity),+> Copy for $name<$($entity),+> {}

        impl<$($entity),+> fmt::Debug for $name<$($entity),+> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($columns), &self.$columns))+
                    .finish()
            }
        }
    };
}

relation! {
    /// Each `P` has any number of `C`s, which refer to it: `#[entity(has_many(POSTS: Post::AUTHOR_ID))]`.
    ///
    /// # Examples
    ///
    /// ```
    /// use headwater::{BelongsTo, Entity, HasMany};
    ///
    /// #[derive(Clone, Entity)]
    /// #[entity(has_many(POSTS: Post::AUTHOR_ID))]
    /// struct User {
    ///     #[entity(primary_key)]
    ///     id: i64,
    /// }
    ///
    /// #[derive(Clone, Entity)]
    /// struct Post {
    ///     #[entity(primary_key)]
    ///     id: i64,
    ///     #[entity(references(User::ID), belongs_to = AUTHOR)]
    ///     author_id: Option<i64>,
    /// }
    ///
    /// let posts: HasMany<User, Post> = User::POSTS;
    /// let author: BelongsTo<Post, User> = Post::AUTHOR;
    /// assert_eq!(posts.child_columns(), [Post::AUTHOR_ID.position()]);
    /// assert_eq!(author.own_columns(), posts.child_columns());
    /// ```
    HasMany<P, C> {
        /// Returns the positions of the columns of `C` that refer to `P`.
        child_columns
    }
}

relation! {
    /// Each `P` has one `C` or none, which refers to it: `#[entity(has_one(PROFILE: Profile::USER_ID))]`.
    HasOne<P, C> {
        /// Returns the positions of the columns of `C` that refer to `P`.
        child_columns
    }
}

relation! {
    /// Each `C` refers to one `P`, or to none where its column is NULL: `#[entity(references(User::ID),
    /// belongs_to = AUTHOR)]` on the field.
    BelongsTo<C, P> {
        /// Returns the positions of the columns of `C` that refer to `P`.
        own_columns
    }
}

relation! {
    /// Each `P` has any number of `C`s, and each `C` any number of `P`s, through rows of `L` that refer to one
    /// of each: `#[entity(many_to_many(TAGS: Tag, PostTag::POST_ID => PostTag::TAG_ID))]`.
    ManyToMany<P, C, L> {
        /// Returns the positions of the columns of `L` that refer to `P`.
        near_columns,
        /// Returns the positions of the columns of `L` that refer to `C`.
        far_columns
    }
}
