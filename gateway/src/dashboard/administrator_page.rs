//! Administrators as a page, for those who may say who is one.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::access::Visitor;
use super::address::{Asked, Named};
use super::administrators::{Administrator, AdministratorError};
use super::form::Form;
use super::format as show;
use super::page::{Failure, Page, Section, render, see};
use super::role::Role;
use crate::gateway::Gateway;

/// What was just done.
#[derive(Deserialize)]
pub(super) struct View {
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "administrators.html")]
struct AdministratorsPage {
    page: Page,
    administrators: Vec<Administrator>,
}

impl From<AdministratorError> for Failure {
    fn from(error: AdministratorError) -> Self {
        match error {
            AdministratorError::Store(error) => Failure::from(error),
            error => Failure::not_that(format!("Nothing was changed: {error}.")),
        }
    }
}

pub(super) async fn list(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Asked(View { done }): Asked<View>,
) -> Result<Response, Failure> {
    let administrators = gateway.administrators().list().await?;
    let page = Page::new(&gateway, visitor, Section::Administrators, "Administrators").after(done.as_deref());
    render(&AdministratorsPage { page, administrators })
}

pub(super) async fn add(State(gateway): State<Gateway>, visitor: Visitor, form: Form) -> Result<Response, Failure> {
    let (name, role) = (form.get("name"), role(&form)?);
    gateway.administrators().add_by(&visitor.name, name, role, form.secret("password")).await?;
    Ok(see("/administrators?done=added"))
}

pub(super) async fn set_role(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Named(name): Named<String>,
    form: Form,
) -> Result<Response, Failure> {
    not_oneself(&visitor, &name)?;
    gateway.administrators().set_role_by(&visitor.name, &name, role(&form)?).await?;
    Ok(see("/administrators?done=changed"))
}

pub(super) async fn set_password(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Named(name): Named<String>,
    form: Form,
) -> Result<Response, Failure> {
    gateway.administrators().set_password_by(&visitor.name, &name, form.secret("password")).await?;
    Ok(see("/administrators?done=changed"))
}

pub(super) async fn remove(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Named(name): Named<String>,
) -> Result<Response, Failure> {
    not_oneself(&visitor, &name)?;
    gateway.administrators().remove_by(&visitor.name, &name).await?;
    Ok(see("/administrators?done=removed"))
}

fn role(form: &Form) -> Result<Role, Failure> {
    Role::named(form.get("role")).ok_or_else(|| Failure::not_that("There is no such role."))
}

/// So there is always one left who may say who is one.
fn not_oneself(visitor: &Visitor, name: &str) -> Result<(), Failure> {
    if visitor.name == name {
        return Err(Failure::not_that("Nobody changes or removes themselves: another administrator does."));
    }
    Ok(())
}
