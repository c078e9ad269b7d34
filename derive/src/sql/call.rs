//! What stands between the parentheses of `sql!(...)`.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, Lit, LitStr, Result, Token};

/// The text and the arguments after it.
pub(super) struct Call {
    pub(super) text: LitStr,
    pub(super) arguments: Vec<Expr>,
}

impl Parse for Call {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let text = text(input)?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        let arguments = Punctuated::<Expr, Token![,]>::parse_terminated_with(input, argument)?;
        Ok(Self { text, arguments: arguments.into_iter().collect() })
    }
}

/// Reads the text. The parser looks through the invisible group around a `$text:literal`.
fn text(input: ParseStream<'_>) -> Result<LitStr> {
    if input.is_empty() {
        return Err(Error::new(Span::call_site(), "`sql!` needs a text: sql!(\"SELECT ...\")"));
    }
    let start = input.span();
    if input.peek(Ident) && input.peek2(Token![!]) {
        return Err(not_expanded(input)?);
    }
    let literal: Lit = input.parse().map_err(|_| not_a_text(start))?;
    let Lit::Str(text) = literal else {
        return Err(not_a_text(start));
    };
    if !text.suffix().is_empty() {
        return Err(Error::new(
            start,
            format!(
                "the text of `sql!` has a suffix, `{}`: remove it, or put a comma before it",
                text.suffix()
            ),
        ));
    }
    Ok(text)
}

/// What to say of a macro in the place of the text: it is not expanded before `sql!` reads it.
fn not_expanded(input: ParseStream<'_>) -> Result<Error> {
    let name: Ident = input.parse()?;
    Ok(Error::new(
        name.span(),
        format!(
            "`sql!` reads its text before `{name}!` is expanded, and needs a string literal here; a literal may \
             go over several lines, and what is made by another macro goes through `headwater::sql(text)`"
        ),
    ))
}

fn not_a_text(at: Span) -> Error {
    Error::new(
        at,
        "`sql!` reads its text at compile time and needs a string literal here; \
         a text that is made at run time goes through `headwater::sql(text)`",
    )
}

fn argument(input: ParseStream<'_>) -> Result<Expr> {
    let named = input.peek(Ident)
        && input.peek2(Token![=])
        && !input.peek2(Token![==])
        && !input.peek2(Token![=>]);
    if named {
        let name: Ident = input.parse()?;
        return Err(Error::new(
            name.span(),
            format!(
                "`sql!` has no named arguments: write `let {name} = ...;` before it and `{{{name}}}` in \
                 the text, or give the value alone and write `{{}}`"
            ),
        ));
    }
    input.parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(input: &str) -> Result<Call> {
        syn::parse_str(input)
    }

    fn refused(input: &str) -> String {
        call(input).err().unwrap().to_string()
    }

    #[test]
    fn a_text_may_stand_alone_or_before_arguments() {
        assert_eq!(call(r#""a""#).unwrap().arguments.len(), 0);
        assert_eq!(call(r#""a","#).unwrap().arguments.len(), 0);
        assert_eq!(call(r##"r#"a"#, 1"##).unwrap().arguments.len(), 1);
        assert_eq!(call(r#""a", x == 1, f::<A, B>(), |y| y,"#).unwrap().arguments.len(), 3);
    }

    #[test]
    fn only_a_string_literal_is_a_text() {
        for input in ["text", "1", "b\"a\"", "c\"a\"", "&format!(\"a\")"] {
            assert!(refused(input).contains("needs a string literal"), "{input}");
        }
        for name in ["concat", "include_str", "format"] {
            let message = refused(&format!("{name}!(\"a\", \"b\")"));
            assert!(message.contains(&format!("before `{name}!` is expanded")), "{message}");
        }
        assert!(refused("").contains("needs a text"));
        assert!(refused("\"a\"x").contains("has a suffix, `x`"));
    }

    #[test]
    fn a_text_and_its_arguments_are_separated_by_commas() {
        assert!(refused(r#""a" b"#).contains("expected `,`"));
        assert!(refused(r#""a", b c"#).contains("expected `,`"));
    }

    #[test]
    fn a_named_argument_is_refused_with_the_way_to_say_it() {
        let message = refused(r#""{a}", a = 1"#);

        assert!(message.contains("`let a = ...;`"), "{message}");
        assert!(message.contains("`{a}`"), "{message}");
    }
}
