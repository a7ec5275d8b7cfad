//! What an administrator may do.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What an administrator may do; each may also do what the one before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Unfreezes and revokes devices, settles from support bundles, and replays webhooks.
    Support,
    /// Orders faults, and says who else is an administrator.
    Admin,
}

impl Role {
    /// All of them, the least first.
    pub(crate) const ALL: [Role; 3] = [Role::Viewer, Role::Support, Role::Admin];

    /// As it is written on the command line and in the database.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Support => "support",
            Role::Admin => "admin",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_has_one_name_everywhere() {
        for role in Role::ALL {
            assert_eq!(crate::store::name(&role).unwrap(), role.name());
            assert_eq!(Role::named(role.name()), Some(role));
        }
        assert_eq!(Role::named("owner"), None);
        assert!(Role::Viewer < Role::Support && Role::Support < Role::Admin);
    }
}
