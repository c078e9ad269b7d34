//! Bound values, as arguments write them.

use headwater::Value;

/// A value, and the name of the placeholder that it is for, if it has one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parameter {
    pub(crate) name: Option<String>,
    pub(crate) value: Value,
}

impl Parameter {
    /// Reads `VALUE` or `:NAME=VALUE`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match named(text) {
            Some((name, text)) => Ok(Self { name: Some(name.to_owned()), value: value(text)? }),
            None => Ok(Self { name: None, value: value(text)? }),
        }
    }
}

/// Takes a name off, which begins as SQLite's do: a text with `=` in it needs no care.
fn named(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    let letters = name.strip_prefix([':', '@', '$'])?;
    let is_name = letters.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    (is_name && !letters.is_empty()).then_some((name, value))
}

fn value(text: &str) -> Result<Value, String> {
    let Some((kind, rest)) = text.split_once(':') else {
        return Ok(Value::Text(text.to_owned()));
    };
    let bad = |wanted| format!("--param: `{rest}` is not {wanted}");
    match kind {
        "null" if rest.is_empty() => Ok(Value::Null),
        "int" => rest.parse().map(Value::Integer).map_err(|_| bad("an integer of 64 bits")),
        "real" => match rest.parse::<f64>() {
            Ok(number) if !number.is_nan() => Ok(Value::Real(number)),
            _ => Err(bad("a number")),
        },
        "text" => Ok(Value::Text(rest.to_owned())),
        "blob" => bytes(rest).map(Value::Blob).ok_or_else(|| bad("pairs of hexadecimal digits")),
        _ => Ok(Value::Text(text.to_owned())),
    }
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        hex.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    let byte = |pair: &[u8]| pair.iter().fold(0, |byte, digit| byte << 4 | digit);
    Some(digits.chunks(2).map(byte).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn a_value_is_a_text_unless_it_says_otherwise() {
        let cases = [
            ("5", text("5")),
            ("", text("")),
            ("null", text("null")),
            ("at 12:30", text("at 12:30")),
            ("text:int:5", text("int:5")),
            ("int:-5", Value::Integer(-5)),
            ("real:0.5", Value::Real(0.5)),
            ("real:1e999", Value::Real(f64::INFINITY)),
            ("null:", Value::Null),
            ("blob:", Value::Blob(vec![])),
            ("blob:00fF", Value::Blob(vec![0, 255])),
        ];
        for (argument, value) in cases {
            assert_eq!(Parameter::parse(argument), Ok(Parameter { name: None, value }));
        }
    }

    #[test]
    fn a_name_begins_as_in_the_statement() {
        let named = |name: &str, value| Ok(Parameter { name: Some(name.to_owned()), value });

        assert_eq!(Parameter::parse(":a=int:1"), named(":a", Value::Integer(1)));
        assert_eq!(Parameter::parse("@a=x=y"), named("@a", text("x=y")));
        assert_eq!(Parameter::parse("$é_1="), named("$é_1", text("")));
        assert_eq!(Parameter::parse("a=1").unwrap().name, None);
        assert_eq!(Parameter::parse(":-) = fun").unwrap().name, None);
    }

    #[test]
    fn a_value_that_is_not_of_its_kind_is_refused() {
        for argument in
            ["int:", "int:1.5", "int:9223372036854775808", "real:x", "real:nan", "blob:0", "blob:é"]
        {
            assert!(Parameter::parse(argument).is_err(), "{argument}");
        }
    }
}
