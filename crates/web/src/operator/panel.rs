//! The settings of a module, which the billing system shows on the tab of its products. They come from the store: showing
//! them makes no call.

use domain::record::Module;

use crate::answer::PageAnswer;
use crate::context::ModulePanel;
use crate::pages::{PagesError, Visit};

/// The panel of the module that the query names.
pub(super) async fn serve(visit: &Visit<'_>) -> Result<PageAnswer, PagesError> {
    let installation = visit.confined().ok_or(PagesError::NotFound)?;
    let module = Module::with_default_account(visit.request.parameter("module"));
    let module = module.ok_or(PagesError::NotFound)?;
    let settings = visit
        .pages
        .engine()
        .module_settings(installation, module.platform())
        .await?;
    visit.render(&ModulePanel::new(&settings, visit.frame.now))
}
