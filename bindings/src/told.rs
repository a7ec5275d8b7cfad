//! Calls whose outcome is told to the listener, rather than waited for.
//!
//! To wait for a future of ours, another language polls it, is called back, polls again, asks for the outcome and frees
//! the future: ten crossings, most of what a purchase costs there beside the disk. Told, it is one call and one call back.

use std::panic::AssertUnwindSafe;

use async_task::Runnable;
use futures_util::FutureExt;
use tokio::runtime::Handle;

/// Runs a future to its end: the first stretch in the caller's thread, each later one in the thread that wakes it, which
/// for a purchase is the wallet's writer. No stretch may block.
pub(crate) fn run(runtime: Handle, future: impl Future<Output = ()> + Send + 'static) {
    let resume = move |stretch: Runnable| {
        // Timers and sockets are the runtime's, whoever polls.
        let _entered = runtime.enter();
        stretch.run();
    };
    // A panic must not end the thread that happens to poll.
    let caught = async {
        if AssertUnwindSafe(future).catch_unwind().await.is_err() {
            tracing::error!("a listener panicked when it was told the outcome of a call");
        }
    };
    let (first, task) = async_task::spawn(caught, resume);
    task.detach();
    first.schedule();
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test]
    async fn it_goes_on_in_the_thread_that_wakes_it() {
        let (begin, begun) = tokio::sync::oneshot::channel::<()>();
        let (say, said) = channel();
        let here = std::thread::current().id();
        run(Handle::current(), async move {
            say.send(std::thread::current().id()).unwrap();
            begun.await.unwrap();
            // Whoever polls, there is a runtime.
            tokio::spawn(async {}).await.unwrap();
            say.send(std::thread::current().id()).unwrap();
        });
        assert_eq!(said.recv().unwrap(), here);
        std::thread::spawn(move || begin.send(()).unwrap()).join().unwrap();
        tokio::task::yield_now().await;
        tokio::task::spawn_blocking(move || said.recv().unwrap()).await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_ends_with_the_call() {
        let (begin, begun) = tokio::sync::oneshot::channel::<()>();
        run(Handle::current(), async move {
            begun.await.unwrap();
            panic!("a listener's bug");
        });
        let waking = std::thread::spawn(move || begin.send(()).unwrap());
        waking.join().expect("the thread that woke it goes on");
    }
}
