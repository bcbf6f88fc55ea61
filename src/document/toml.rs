//! TOML as a tree with lines. It knows no setting.

use super::{Broken, Entry, NODES_MAX, Node, Value};
use toml::de::{DeTable, DeValue};

pub(super) fn read(text: &str) -> Result<Node, Broken> {
    let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line(&starts, span.start));
        Broken::new(line, format!("this is not TOML: {}", error.message().replace('\n', ", ")))
    })?;
    let mut grown = Grown { starts: &starts, count: 0 };
    Ok(Node { line: 1, value: grown.table(table.get_ref())? })
}

fn line(starts: &[usize], offset: usize) -> usize {
    starts.partition_point(|start| *start <= offset)
}

struct Grown<'s> {
    starts: &'s [usize],
    count: usize,
}

impl Grown<'_> {
    fn table(&mut self, table: &DeTable<'_>) -> Result<Value, Broken> {
        let mut entries = Vec::new();
        for (key, value) in table {
            let node = self.node(value.get_ref(), value.span().start)?;
            entries.push(Entry { key: key.get_ref().to_string(), line: line(self.starts, key.span().start), node });
        }
        entries.sort_by_key(|entry| entry.line);
        Ok(Value::Table(entries))
    }

    fn node(&mut self, value: &DeValue<'_>, offset: usize) -> Result<Node, Broken> {
        let line = line(self.starts, offset);
        self.count += 1;
        if self.count > NODES_MAX {
            return Err(Broken::new(line, format!("there are more than {NODES_MAX} values")));
        }
        let value = match value {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(whole) => i64::from_str_radix(whole.as_str(), whole.radix())
                .map_or_else(|_| Value::Text(whole.as_str().to_owned()), Value::Whole),
            DeValue::Float(number) => {
                number.as_str().parse().map_or_else(|_| Value::Text(number.as_str().to_owned()), Value::Fraction)
            }
            DeValue::Boolean(flag) => Value::Flag(*flag),
            DeValue::Datetime(moment) => Value::Text(moment.to_string()),
            DeValue::Array(items) => {
                let items: Result<_, _> =
                    items.iter().map(|item| self.node(item.get_ref(), item.span().start)).collect();
                Value::List(items?)
            }
            DeValue::Table(table) => self.table(table)?,
        };
        Ok(Node { line, value })
    }
}
