//! The executable; everything is in the library, so that the tests can reach it.

use anyhow::Result;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<()> {
    load::cli::run()
}
