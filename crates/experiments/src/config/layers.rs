//! Merges the tables of an experiment's file into the table of one run.
//!
//! A file states what all runs share, the settings of each method, and what a variant or a scale changes. Each of
//! these is a *layer* with the same four tables:
//!
//! | table | applies to |
//! |---|---|
//! | `run` | every run |
//! | `models.NAME` | the network that methods select with `model = "NAME"` |
//! | `penalties.KIND` | this penalty in every method that has it |
//! | `methods.NAME` | one method (in the file itself the list `[[methods]]`) |
//!
//! A later layer overrides single values of an earlier one. The order is: base (if any), file, variant, scale; and
//! within the result the method's table comes last. Values keep their places in the text, so that every error names
//! file, line and column.

use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
};

/// A table whose values have places in the text.
pub(super) type Table<'i> = DeTable<'i>;
/// A value with its place in the text.
pub(super) type Value<'i> = Spanned<DeValue<'i>>;

/// The table under a key; empty if there is none.
pub(super) fn table<'i>(of: &Table<'i>, key: &str) -> Table<'i> {
    match of.get(key).map(Spanned::get_ref) {
        Some(DeValue::Table(table)) => table.clone(),
        _ => Table::new(),
    }
}

/// The value at a dotted path.
pub(super) fn at<'a, 'i>(root: &'a Table<'i>, path: &str) -> Option<&'a Value<'i>> {
    let mut names = path.split('.');
    let first = root.get(names.next()?)?;
    names.try_fold(first, |value, name| match value.get_ref() {
        DeValue::Table(table) => table.get(name),
        _ => None,
    })
}

/// Keys that state the kind of a table. A table of another kind replaces the earlier one instead of merging with it.
const TAGS: [&str; 4] = ["kind", "architecture", "rule", "start"];

/// `base` with the values of `over`: tables are merged, other values replaced.
pub(super) fn merged<'i>(base: &Table<'i>, over: &Table<'i>) -> Table<'i> {
    let tag = |table: &Table<'i>, key: &str| match table.get(key).map(Spanned::get_ref) {
        Some(DeValue::String(text)) => Some(text.to_string()),
        _ => None,
    };
    let other_kind =
        TAGS.iter().any(|key| tag(over, key).is_some_and(|kind| tag(base, key).is_some_and(|of| of != kind)));
    if other_kind {
        return over.clone();
    }
    let mut whole = base.clone();
    for (key, value) in over {
        let both = match (base.get(key.get_ref().as_ref()).map(Spanned::get_ref), value.get_ref()) {
            (Some(DeValue::Table(below)), DeValue::Table(above)) => {
                Spanned::new(value.span(), DeValue::Table(merged(below, above)))
            }
            _ => value.clone(),
        };
        whole.remove(key);
        whole.insert(key.clone(), both);
    }
    whole
}

/// One layer of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer<'i> {
    run: Table<'i>,
    models: Table<'i>,
    penalties: Table<'i>,
    methods: Table<'i>,
}

impl<'i> Layer<'i> {
    /// The layer in a table.
    pub(super) fn of(root: &Table<'i>) -> Self {
        let [run, models, penalties, methods] = ["run", "models", "penalties", "methods"].map(|key| table(root, key));
        Self { run, models, penalties, methods }
    }

    /// This layer with values overridden by those of `over`.
    pub(super) fn overridden_by(&self, over: &Self) -> Self {
        Self {
            run: merged(&self.run, &over.run),
            models: merged(&self.models, &over.models),
            penalties: merged(&self.penalties, &over.penalties),
            methods: merged(&self.methods, &over.methods),
        }
    }

    /// This layer with the methods of a file, by name.
    pub(super) fn with_methods(mut self, methods: Table<'i>) -> Self {
        self.methods = methods;
        self
    }

    /// The names of the models that methods may name.
    pub(super) fn model_names(&self) -> Vec<String> {
        self.models.keys().map(|key| key.get_ref().to_string()).collect()
    }

    /// The table of one method's run. `Err` has the place and name of an unknown model.
    pub(super) fn run_of(&self, method: &str) -> Result<Table<'i>, (std::ops::Range<usize>, String)> {
        let mut whole = merged(&self.run, &table(&self.methods, method));
        if let Some(named) = whole.get("model").filter(|value| value.get_ref().is_str()).cloned() {
            let name = named.get_ref().as_str().unwrap_or_default().to_owned();
            let model = self.models.get(name.as_str()).cloned().ok_or_else(|| (named.span(), name))?;
            set(&mut whole, "model", model);
        }
        let mut objective = table(&whole, "objective");
        let own = table(&objective, "penalties");
        let mut penalties = Table::new();
        for (kind, value) in &own {
            let value = match value.get_ref() {
                DeValue::Table(settings) => {
                    let whole = merged(&table(&self.penalties, kind.get_ref()), settings);
                    Spanned::new(value.span(), DeValue::Table(whole))
                }
                _ => value.clone(),
            };
            penalties.insert(kind.clone(), value);
        }
        if !penalties.is_empty() {
            set(&mut objective, "penalties", Spanned::new(0..0, DeValue::Table(penalties)));
            let span = whole.get("objective").map_or(0..0, Spanned::span);
            set(&mut whole, "objective", Spanned::new(span, DeValue::Table(objective)));
        }
        Ok(whole)
    }
}

/// Sets the value of a key.
pub(super) fn set<'i>(table: &mut Table<'i>, key: &'static str, value: Value<'i>) {
    let there = table.keys().find(|name| name.get_ref() == key).cloned();
    let name = there.unwrap_or_else(|| Spanned::new(value.span(), key.into()));
    table.remove(&name);
    table.insert(name, value);
}

/// The run's table in the form of its type: penalties as a list of tables with `kind`.
pub(super) fn listed_penalties<'i>(run: &Table<'i>) -> Table<'i> {
    let mut whole = run.clone();
    let mut objective = table(run, "objective");
    let Some(DeValue::Table(penalties)) = objective.get("penalties").map(Spanned::get_ref) else {
        return whole;
    };
    let mut list = DeArray::new();
    for (kind, value) in penalties {
        let mut settings = match value.get_ref() {
            DeValue::Table(settings) => settings.clone(),
            _ => Table::new(),
        };
        set(&mut settings, "kind", Spanned::new(kind.span(), DeValue::String(kind.get_ref().clone())));
        list.push(Spanned::new(value.span(), DeValue::Table(settings)));
    }
    set(&mut objective, "penalties", Spanned::new(0..0, DeValue::Array(list)));
    let span = run.get("objective").map_or(0..0, Spanned::span);
    set(&mut whole, "objective", Spanned::new(span, DeValue::Table(objective)));
    whole
}
