//! Unix sockets: made with the right mode from the first instant, never taken from a running program.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tokio::net::UnixListener;

/// A listening socket and its file, which goes when this is dropped, unless another program has put its own there.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    inode: u64,
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if fs::metadata(&self.path).is_ok_and(|meta| meta.ino() == self.inode) {
            // A file that is gone already is as good as removed.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Listens on a Unix socket at `path`. A socket that a crashed program left there is replaced; one that somebody
/// listens on, and anything that is no socket, is not touched.
pub fn listen(
    setting: &str,
    path: &Path,
    mode: u32,
    directory_mode: u32,
) -> Result<(UnixListener, SocketFile)> {
    let named = || format!("{setting} = \"{}\"", path.display());
    make_directory(path, directory_mode).with_context(|| {
        format!(
            "{}: its directory cannot be made; make it for the engine's user",
            named()
        )
    })?;
    if is_taken(path).with_context(named)? {
        bail!(
            "{}: another program listens there; stop it, or choose another path",
            named()
        );
    }
    // Bound beside its place and renamed into it, so that nobody ever meets it with another mode.
    let fresh = path.with_extension(format!("new-{}", std::process::id()));
    let _ = fs::remove_file(&fresh);
    let listener = UnixListener::bind(&fresh).with_context(|| {
        format!(
            "{}: it cannot be made; let the engine's user write its directory",
            named()
        )
    })?;
    let placed =
        fs::set_permissions(&fresh, Permissions::from_mode(mode)).and_then(|()| fs::rename(&fresh, path));
    if let Err(error) = placed {
        let _ = fs::remove_file(&fresh);
        return Err(error).with_context(named);
    }
    let inode = fs::metadata(path).with_context(named)?.ino();
    let path = path.to_owned();
    Ok((listener, SocketFile { path, inode }))
}

fn make_directory(path: &Path, mode: u32) -> io::Result<()> {
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) if !parent.exists() => {
            DirBuilder::new().recursive(true).mode(mode).create(parent)?;
            // The process's mask must not take away what the configuration grants.
            fs::set_permissions(parent, Permissions::from_mode(mode))
        }
        _ => Ok(()),
    }
}

/// Whether somebody listens at `path`. Fails where something is there that is no socket.
fn is_taken(path: &Path) -> Result<bool> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
        Ok(meta) if !meta.file_type().is_socket() => {
            bail!("there is something that is not a socket; remove it, or choose another path")
        }
        Ok(_) => match UnixStream::connect(path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(false),
            Err(error) => Err(error.into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn socket_and_directory_get_their_modes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run/bridge.sock");
        let (_listener, file) = listen("bridge.socket", &path, 0o640, 0o711).unwrap();
        assert_eq!(mode(&path), 0o640);
        assert_eq!(mode(path.parent().unwrap()), 0o711);
        drop(file);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_stale_socket_is_replaced_and_a_live_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bridge.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let (listener, file) = listen("bridge.socket", &path, 0o600, 0o700).unwrap();
        let refused = listen("bridge.socket", &path, 0o600, 0o700)
            .unwrap_err()
            .to_string();
        assert!(refused.contains("another program listens there"), "{refused}");
        assert!(path.exists());
        drop((listener, file));
    }

    #[tokio::test]
    async fn a_file_in_the_way_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bridge.sock");
        fs::write(&path, "precious").unwrap();
        let refused = format!("{:#}", listen("bridge.socket", &path, 0o600, 0o700).unwrap_err());
        assert!(
            refused.contains("bridge.socket") && refused.contains("not a socket"),
            "{refused}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[tokio::test]
    async fn the_successors_socket_survives_our_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bridge.sock");
        let (listener, file) = listen("bridge.socket", &path, 0o600, 0o700).unwrap();
        drop(listener);
        let (_next, _next_file) = listen("bridge.socket", &path, 0o600, 0o700).unwrap();
        drop(file);
        assert!(path.exists());
    }
}
