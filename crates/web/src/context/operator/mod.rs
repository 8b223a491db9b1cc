//! What the operator's templates see.

mod admin;
mod calls;
mod detail;
mod names;
mod pages;
mod panel;
mod records;
mod rows;
mod samples;
mod settings;
mod stock;
mod tab_names;
mod why;

pub use self::stock::{RoomRow, StockPage, StockRow};
pub(crate) use admin::is_over;
pub use admin::{AdminInfo, AdminObject, AdminOptions, AdminState, Specs};
pub use calls::CallRow;
pub(crate) use calls::shown;
pub use detail::{OperationPage, ServicePage};
pub use names::{NameRow, NamesPage, NamesPreview};
pub use pages::{
    EffectsPage, OperationsPage, OverviewPage, PlatformsPage, ProductsPage, QuestionsPage, ServicesPage,
};
pub use panel::ModulePanel;
pub use records::{AlarmRow, AuditRow, EffectRow, FactRow, QuestionRow};
pub use rows::{OperationRow, ServiceRow, StepRow};
pub use settings::{LinkRow, PlatformRow, ProductRow};
pub use tab_names::{AdminNameList, AdminNameRow, AdminNames};
pub use why::{AskedRow, WhyRow};

use super::Frame;
use crate::templates::{Broken, Templates};

/// Renders every template of the operator's with every sample.
pub(super) fn check_all(templates: &Templates, frame: &Frame) -> Vec<Broken> {
    [
        templates.check::<OverviewPage>(frame),
        templates.check::<QuestionsPage>(frame),
        templates.check::<ServicesPage>(frame),
        templates.check::<ServicePage>(frame),
        templates.check::<OperationsPage>(frame),
        templates.check::<OperationPage>(frame),
        templates.check::<EffectsPage>(frame),
        templates.check::<PlatformsPage>(frame),
        templates.check::<ProductsPage>(frame),
        templates.check::<StockPage>(frame),
        templates.check::<NamesPage>(frame),
        templates.check::<AdminInfo>(frame),
        templates.check::<AdminObject>(frame),
        templates.check::<AdminOptions>(frame),
        templates.check::<AdminState>(frame),
        templates.check::<AdminNames>(frame),
        templates.check::<AdminNameList>(frame),
        templates.check::<ModulePanel>(frame),
    ]
    .concat()
}
