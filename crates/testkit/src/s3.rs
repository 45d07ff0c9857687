//! A real S3 server on loopback: `s3s-fs` with its files in a temporary directory, which checks signatures as Amazon's
//! does. It ends when it is dropped.

use std::path::Path;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub struct S3Server {
    pub endpoint: String,
    pub bucket: &'static str,
    pub access_key: &'static str,
    pub secret_key: &'static str,
    directory: tempfile::TempDir,
    _tasks: JoinSet<()>,
}

impl S3Server {
    pub async fn start() -> Self {
        let (bucket, access_key, secret_key) = ("files", "testing", "a secret of the tests");
        let directory = tempfile::tempdir().expect("a temporary directory");
        std::fs::create_dir(directory.path().join(bucket)).expect("a bucket");
        let files = FileSystem::new(directory.path()).expect("a file system");
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(access_key, secret_key));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, builder.build()));
        Self {
            endpoint: format!("http://{address}"),
            bucket,
            access_key,
            secret_key,
            directory,
            _tasks: tasks,
        }
    }

    /// Where the objects of the bucket are, by their keys.
    pub fn objects(&self) -> std::path::PathBuf {
        self.directory.path().join(self.bucket)
    }

    /// Where everything is.
    pub fn root(&self) -> &Path {
        self.directory.path()
    }
}

async fn serve(listener: TcpListener, service: S3Service) {
    let mut connections = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let service = service.clone();
        connections.spawn(async move {
            let builder = Builder::new(TokioExecutor::new());
            // Whoever is connected sees what went wrong.
            let _ = builder
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}
