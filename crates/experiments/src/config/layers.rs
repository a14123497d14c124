//! From the tables of an experiment's file to the table of one run.
//!
//! A file states what all runs share, what each method has of its own, and what a variant or a scale
//! changes. Each of these is a *layer* with the same four tables:
//!
//! | table | what it says |
//! |---|---|
//! | `run` | of every run |
//! | `models.NAME` | of the network that methods name with `model = "NAME"` |
//! | `penalties.KIND` | of a penalty in every method that has it |
//! | `methods.NAME` | of one method (in the file itself the list `[[methods]]`) |
//!
//! A later layer changes single values of an earlier one: first the file (above its base, if it names one),
//! then the variant, then the scale; and within the result the method's own table comes last. Values keep
//! their places in the text, so that every complaint names file, line and column.

use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
};

/// A table whose values know their places.
pub(super) type Table<'i> = DeTable<'i>;
/// A value that knows its place.
pub(super) type Value<'i> = Spanned<DeValue<'i>>;

/// The table of a key; an empty one where there is none.
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

/// Keys that say of which kind a table is: one of another kind takes nothing over.
const TAGS: [&str; 4] = ["kind", "architecture", "rule", "start"];

/// `base` with the values of `over`; tables are merged, everything else is exchanged.
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
    /// The layer that a table holds.
    pub(super) fn of(root: &Table<'i>) -> Self {
        let [run, models, penalties, methods] = ["run", "models", "penalties", "methods"].map(|key| table(root, key));
        Self { run, models, penalties, methods }
    }

    /// This layer with the values of `over`.
    pub(super) fn overridden_by(&self, over: &Self) -> Self {
        Self {
            run: merged(&self.run, &over.run),
            models: merged(&self.models, &over.models),
            penalties: merged(&self.penalties, &over.penalties),
            methods: merged(&self.methods, &over.methods),
        }
    }

    /// The same with the list of a file's methods, each by its name.
    pub(super) fn with_methods(mut self, methods: Table<'i>) -> Self {
        self.methods = methods;
        self
    }

    /// The names of the models that methods may name.
    pub(super) fn model_names(&self) -> Vec<String> {
        self.models.keys().map(|key| key.get_ref().to_string()).collect()
    }

    /// The table of one method's run. `Err` gives the place and the name of a model that there is not.
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

/// Exchanges the value of a key, or adds it.
pub(super) fn set<'i>(table: &mut Table<'i>, key: &'static str, value: Value<'i>) {
    let there = table.keys().find(|name| name.get_ref() == key).cloned();
    let name = there.unwrap_or_else(|| Spanned::new(value.span(), key.into()));
    table.remove(&name);
    table.insert(name, value);
}

/// The run's table as its type has it: penalties are a list of tables that name their kinds.
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
