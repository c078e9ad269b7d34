//! Expressions, as `sea-query` has them.

use sea_query::{
    BinOper, CaseStatement, ColumnRef, Condition, Expr, Func, Keyword, SubQueryOper, UnOper,
    Value as Mark,
};

use super::super::dialect::Dialect;
use super::super::node::{Call, Chain, List, Node, Op, RowList, SelectNode, Source};
use super::super::shape::misuse;
use super::Render;
use super::writer::{raw_mark, value_mark};
use crate::statement::quoted;
use crate::value::SqlType;

/// How long a chain of conditions may be before it is rendered as a tree of little depth: SQLite takes
/// expressions up to a depth of 1,000.
const LONG: usize = 64;

impl Render {
    pub(super) fn expr(&mut self, node: &Node) -> Expr {
        match node {
            Node::Column(source, column) => self.column(source, *column),
            Node::Named(source, name) => self.named(source, name),
            Node::Value(value) => Expr::Value(value_mark(value)),
            Node::Bad(_) => Expr::Keyword(Keyword::Null),
            Node::Word(word) => Self::word(word),
            Node::Not(node) => Expr::Unary(UnOper::Not, Box::new(self.expr(node))),
            Node::Chain(chain, nodes) => self.chain(*chain, nodes),
            Node::Binary(op, left, right) => self.binary(*op, left, right),
            Node::Call(call) => self.call(call),
            Node::Cast(node, sql_type) => self.cast(node, *sql_type),
            Node::Collate(node, name) => {
                let name = Self::word(&quoted(name));
                Self::operation(self.expr(node), BinOper::Custom("COLLATE"), name)
            }
            Node::Case(cases, otherwise) => self.case(cases, otherwise.as_deref()),
            Node::In(negated, node, list) => self.choice(*negated, node, list),
            Node::InSelect(negated, node, select) => {
                let select = self.subquery(None, select);
                Self::operation(self.expr(node), Self::is_in(*negated), select)
            }
            Node::InRows(columns, rows) => self.rows(columns, rows),
            Node::Between(negated, nodes) => self.between(*negated, nodes),
            Node::Like(negated, nodes, escape) => self.like(*negated, nodes, *escape),
            Node::IsNull(negated, node) => {
                let is = if *negated { BinOper::IsNot } else { BinOper::Is };
                Self::operation(self.expr(node), is, Expr::Keyword(Keyword::Null))
            }
            Node::Exists(negated, select) => {
                let exists = self.subquery(Some(SubQueryOper::Exists), select);
                if *negated { Expr::Unary(UnOper::Not, Box::new(exists)) } else { exists }
            }
            Node::Select(select) => self.subquery(None, select),
            Node::Row(nodes) => Expr::Tuple(self.exprs(nodes)),
            Node::RowNumber(..) => {
                self.note(misuse("the number of a row stands among the columns of a query only"));
                Expr::Keyword(Keyword::Null)
            }
            Node::Raw(raw) => Expr::Value(raw_mark(self.raw(raw), true)),
        }
    }

    pub(super) fn exprs<'n>(&mut self, nodes: impl IntoIterator<Item = &'n Node>) -> Vec<Expr> {
        nodes.into_iter().map(|node| self.expr(node)).collect()
    }

    /// A word as it is.
    pub(super) fn word(word: &str) -> Expr {
        Expr::Keyword(Keyword::Custom(word.to_owned().into()))
    }

    fn operation(left: Expr, op: BinOper, right: Expr) -> Expr {
        Expr::Binary(Box::new(left), op, Box::new(right))
    }

    fn column(&mut self, source: &Source, column: usize) -> Expr {
        let table = source.table();
        let name = table.column_name(column);
        if name.is_empty() {
            self.note(misuse(format!("`{}` has no column {column}", table.entity)));
        }
        if let Some(defect) = self.scopes.check(source, name) {
            self.note(defect);
        }
        let (qualifier, name) = (self.name(source.name()), self.name(name));
        Expr::Column(ColumnRef::from((qualifier, name)))
    }

    fn named(&mut self, source: &str, name: &str) -> Expr {
        if let Some(defect) = self.scopes.check_name(source, name) {
            self.note(defect);
        }
        let name = self.name(name);
        if source.is_empty() {
            return Expr::Column(ColumnRef::from(name));
        }
        Expr::Column(ColumnRef::from((self.name(source), name)))
    }

    fn chain(&mut self, chain: Chain, nodes: &[Node]) -> Expr {
        let op = match chain {
            Chain::All => BinOper::And,
            Chain::Any => BinOper::Or,
        };
        let exprs = self.exprs(nodes);
        Self::joined(op, exprs)
            .unwrap_or_else(|| Expr::Constant(Mark::Bool(Some(chain == Chain::All))))
    }

    /// Conditions with an operator between them; of none, nothing.
    pub(super) fn joined(op: BinOper, mut exprs: Vec<Expr>) -> Option<Expr> {
        if exprs.len() <= LONG {
            return exprs.into_iter().reduce(|left, right| Self::operation(left, op, right));
        }
        let right = exprs.split_off(exprs.len() / 2);
        let (left, right) = (Self::joined(op, exprs)?, Self::joined(op, right)?);
        Some(Self::operation(left, op, right))
    }

    fn binary(&mut self, op: Op, left: &Node, right: &Node) -> Expr {
        let (left, right) = (self.expr(left), self.expr(right));
        let op = match (op, self.dialect) {
            (Op::Add, _) => BinOper::Add,
            (Op::Concat, _) => BinOper::Custom("||"),
            (Op::Divide, _) => BinOper::Div,
            (Op::Equal, _) => BinOper::Equal,
            (Op::Greater, _) => BinOper::GreaterThan,
            (Op::GreaterOrEqual, _) => BinOper::GreaterThanOrEqual,
            (Op::Is, Dialect::Sqlite) => BinOper::Is,
            (Op::Is, Dialect::Postgres) => BinOper::Custom("IS NOT DISTINCT FROM"),
            (Op::IsNot, Dialect::Sqlite) => BinOper::IsNot,
            (Op::IsNot, Dialect::Postgres) => BinOper::Custom("IS DISTINCT FROM"),
            (Op::Less, _) => BinOper::SmallerThan,
            (Op::LessOrEqual, _) => BinOper::SmallerThanOrEqual,
            (Op::Modulo, _) => BinOper::Mod,
            (Op::Multiply, _) => BinOper::Mul,
            (Op::NotEqual, _) => BinOper::NotEqual,
            (Op::Subtract, _) => BinOper::Sub,
        };
        Self::operation(left, op, right)
    }

    fn call(&mut self, call: &Call) -> Expr {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if call.name != "-" && (call.name.is_empty() || !call.name.chars().all(fits)) {
            self.note(misuse(
                "the name of a function has other characters than letters, digits and `_`",
            ));
        }
        let function = Func::cust(call.name.to_string());
        let arguments = self.exprs(&call.arguments);
        let function = if call.distinct {
            function.arg(Func::cust("DISTINCT ").args(arguments))
        } else {
            function.args(arguments)
        };
        match &call.filter {
            Some(filter) => {
                let filter = self.expr(filter);
                Expr::FunctionCall(function.filter(Condition::all().add(filter)))
            }
            None => Expr::FunctionCall(function),
        }
    }

    fn cast(&mut self, node: &Node, sql_type: SqlType) -> Expr {
        let node = self.expr(node);
        let name = match (sql_type, self.dialect) {
            (SqlType::Any, _) => return node,
            (SqlType::Blob, Dialect::Sqlite) => "BLOB",
            (SqlType::Blob, Dialect::Postgres) => "bytea",
            (SqlType::Integer, Dialect::Sqlite) => "INTEGER",
            (SqlType::Integer, Dialect::Postgres) => "bigint",
            (SqlType::Real, Dialect::Sqlite) => "REAL",
            (SqlType::Real, Dialect::Postgres) => "double precision",
            (SqlType::Text, Dialect::Sqlite) => "TEXT",
            (SqlType::Text, Dialect::Postgres) => "text",
        };
        let cast = Self::operation(node, BinOper::As, Self::word(name));
        Expr::FunctionCall(Func::cust("CAST").arg(cast))
    }

    fn case(&mut self, cases: &[(Node, Node)], otherwise: Option<&Node>) -> Expr {
        let mut statement = CaseStatement::new();
        for (when, then) in cases {
            let when = Condition::all().add(self.expr(when));
            statement = statement.case(when, self.expr(then));
        }
        if let Some(otherwise) = otherwise {
            statement = statement.finally(self.expr(otherwise));
        }
        Expr::Case(Box::new(statement))
    }

    fn is_in(negated: bool) -> BinOper {
        if negated { BinOper::NotIn } else { BinOper::In }
    }

    fn choice(&mut self, negated: bool, node: &Node, list: &List) -> Expr {
        let shown = if self.tight { list.own } else { list.values.len() };
        let choices = self.exprs(list.values.iter().take(shown));
        if choices.is_empty() {
            return Expr::Constant(Mark::Bool(Some(negated)));
        }
        Self::operation(self.expr(node), Self::is_in(negated), Expr::Tuple(choices))
    }

    /// `(a, b) IN (VALUES (?, ?), (?, ?))`, which both dialects understand.
    fn rows(&mut self, columns: &[Node], list: &RowList) -> Expr {
        let shown = if self.tight { list.own } else { list.rows.len() };
        let mut rows = Vec::with_capacity(shown);
        for row in list.rows.iter().take(shown) {
            let row = self.exprs(row);
            rows.push(match rows.is_empty() {
                true => Expr::FunctionCall(Func::cust("VALUES ").args(row)),
                false => Expr::Tuple(row),
            });
        }
        if rows.is_empty() {
            return Expr::Constant(Mark::Bool(Some(false)));
        }
        let columns = Expr::Tuple(self.exprs(columns));
        Self::operation(columns, BinOper::In, Expr::Tuple(rows))
    }

    fn between(&mut self, negated: bool, [node, low, high]: &[Node; 3]) -> Expr {
        let node = self.expr(node);
        // Parentheses keep what is in the bounds apart from the AND between them.
        let (low, high) = (self.bound(low), self.bound(high));
        let op = if negated { BinOper::NotBetween } else { BinOper::Between };
        Self::operation(node, op, Self::operation(low, BinOper::And, high))
    }

    fn bound(&mut self, node: &Node) -> Expr {
        match self.expr(node) {
            simple @ (Expr::Value(_) | Expr::Column(_) | Expr::FunctionCall(_)) => simple,
            other => Expr::Tuple(vec![other]),
        }
    }

    fn like(&mut self, negated: bool, [node, pattern]: &[Node; 2], escape: Option<char>) -> Expr {
        let (node, pattern) = (self.expr(node), self.bound(pattern));
        let op = if negated { BinOper::NotLike } else { BinOper::Like };
        let pattern = match escape {
            Some('\0') => {
                self.note(misuse("a NUL cannot be the escape character of LIKE"));
                pattern
            }
            Some(escape) => {
                // A quote is the one character that is written in another way.
                let escape = if escape == '\'' { "''''".to_owned() } else { format!("'{escape}'") };
                Self::operation(pattern, BinOper::Escape, Self::word(&escape))
            }
            None => pattern,
        };
        Self::operation(node, op, pattern)
    }

    fn subquery(&mut self, oper: Option<SubQueryOper>, select: &SelectNode) -> Expr {
        let select = self.select(select);
        Expr::SubQuery(oper, Box::new(select.into()))
    }
}
