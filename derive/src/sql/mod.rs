//! `sql!`: the text is scanned, its placeholders are matched with arguments, and both are written
//! as one expression.

mod call;
mod fault;
mod lexis;
mod outline;
mod placeholder;
mod plan;
mod scan;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Expr, LitStr, Result};

pub(crate) use outline::outline;

use call::Call;
use fault::Fault;
use placeholder::Takes;
use plan::{Argument, Plan, Source};

/// Expands the tokens inside `sql!(...)`.
pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let call: Call = syn::parse2(input)?;
    let text = call.text.value();
    let in_text = |fault: Fault| Error::new(call.text.span(), fault.message(&text));

    let template = scan::scan(&text).map_err(in_text)?;
    let plan = Plan::new(&template, call.arguments.len()).map_err(in_text)?;
    refuse_unused(&plan, &call)?;

    let pieces = &template.pieces;
    let slots = &plan.slots;
    let rendered = plan.text(&template);
    let bound = plan
        .arguments
        .iter()
        .map(|argument| bind(argument, &call))
        .collect::<Result<TokenStream>>()?;
    let statement = syn::Ident::new("__statement", Span::mixed_site());
    // The `let` ends the temporaries of the arguments here. As the tail of an expression they would
    // live until the end of the caller's statement, across the `.await` of its query.
    Ok(quote! {{
        let #statement = ::headwater::__private::template(&[#(#pieces),*], &[#(#slots),*], #rendered)
            #bound
            .finish();
        #statement
    }})
}

fn refuse_unused(plan: &Plan, call: &Call) -> Result<()> {
    let errors = plan.unused.iter().filter_map(|&index| {
        let argument = call.arguments.get(index)?;
        Some(Error::new_spanned(
            argument,
            format!(
                "argument number {} is not used by the text of `sql!`: show it with `{{}}` or remove it",
                index + 1
            ),
        ))
    });
    let combined = errors.reduce(|mut all, next| {
        all.combine(next);
        all
    });
    combined.map_or(Ok(()), Err)
}

/// The call that adds one argument.
fn bind(argument: &Argument, call: &Call) -> Result<TokenStream> {
    match &argument.source {
        Source::Capture(path) => Ok(borrow(&capture(path, &call.text)?, argument.takes)),
        Source::Positional(index) => match call.arguments.get(*index) {
            Some(value) => Ok(borrow(value, argument.takes)),
            None => Err(Error::new(call.text.span(), "a placeholder has no argument")),
        },
    }
}

/// The expression of a captured path. It has the span of the text, so that a name resolves where
/// the text was written, also when that is inside a macro.
fn capture(path: &str, text: &LitStr) -> Result<Expr> {
    LitStr::new(path, text.span()).parse()
}

/// A list is read through its `iter` method rather than by reference: the method is found through
/// any number of references and smart pointers, whereas `&&[T]` is not an iterator.
fn borrow(value: &Expr, takes: Takes) -> TokenStream {
    let value = ungrouped(value);
    let span = Span::mixed_site().located_at(value.span());
    match takes {
        Takes::Value => quote_spanned!(span=> .arg(&(#value))),
        Takes::List => quote_spanned!(span=> .list((#value).iter())),
        Takes::Choices => quote_spanned!(span=> .choices((#value).iter())),
        Takes::Name => quote_spanned!(span=> .name(&(#value))),
        Takes::Names => quote_spanned!(span=> .names((#value).iter())),
        Takes::Fragment => quote_spanned!(span=> .fragment(&(#value))),
    }
}

/// Takes off the invisible groups around an argument of a macro: an error then points at what the
/// caller of that macro wrote.
fn ungrouped(mut value: &Expr) -> &Expr {
    while let Expr::Group(group) = value {
        value = &group.expr;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(input: &str) -> String {
        expand(input.parse().unwrap()).unwrap_err().to_string()
    }

    #[track_caller]
    fn same_code(input: &str, expected: &str) {
        crate::assert_same_code(&expand(input.parse().unwrap()).unwrap(), expected);
    }

    #[test]
    fn a_text_without_placeholders_has_one_piece() {
        same_code(
            r#""SELECT 1""#,
            r#"{
                let __statement = ::headwater::__private::template(&["SELECT 1"], &[], "SELECT 1").finish();
                __statement
            }"#,
        );
    }

    #[test]
    fn captures_and_arguments_are_borrowed_in_their_order() {
        same_code(
            r#""SELECT {user.id}, {}, {x}, {user.id}", f(1) + 2"#,
            r#"{
                let __statement = ::headwater::__private::template(
                    &["SELECT ", ", ", ", ", ", ", ""],
                    &[0usize, 1usize, 2usize, 0usize],
                    "SELECT ?1, ?2, ?3, ?1"
                ).arg(&(user.id)).arg(&(f(1) + 2)).arg(&(x)).finish();
                __statement
            }"#,
        );
    }

    #[test]
    fn a_spread_leaves_the_text_to_run_time() {
        same_code(
            r#""SELECT 1 WHERE a IN ({ids..}) OR b IN ({..})", [1, 2],"#,
            r#"{
                let __statement = ::headwater::__private::template(
                    &["SELECT 1 WHERE a IN (", ") OR b IN (", ")"],
                    &[0usize, 1usize],
                    ""
                ).choices((ids).iter()).choices(([1, 2]).iter()).finish();
                __statement
            }"#,
        );
    }

    #[test]
    fn names_and_fragments_have_calls_of_their_own() {
        same_code(
            r#""SELECT {c..:ident} FROM {t:ident} WHERE {:sql} LIMIT {n}", all(),"#,
            r#"{
                let __statement = ::headwater::__private::template(
                    &["SELECT ", " FROM ", " WHERE ", " LIMIT ", ""],
                    &[0usize, 1usize, 2usize, 3usize],
                    ""
                ).names((c).iter()).name(&(t)).fragment(&(all())).arg(&(n)).finish();
                __statement
            }"#,
        );
    }

    #[test]
    fn the_message_of_a_fault_shows_its_place() {
        let message = refused(r#""SELECT 'a""#);

        assert_eq!(
            message,
            "this `'` opens a '...' string that is never closed\n\
             at character 8: SELECT 'a\n                       ^\n\
             close it; the same quote inside is written twice"
        );
    }

    #[test]
    fn every_unused_argument_is_named() {
        let errors = expand(r#""SELECT {0}", a, b, c + 1"#.parse().unwrap()).unwrap_err();
        let messages: Vec<String> = errors.into_iter().map(|error| error.to_string()).collect();

        assert_eq!(messages.len(), 2);
        assert!(messages[0].starts_with("argument number 2 is not used"));
        assert!(messages[1].starts_with("argument number 3 is not used"));
    }
}
