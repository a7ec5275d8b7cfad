//! The threat table: each attack is made, and what it took is read from the books.
#![allow(clippy::unwrap_used, reason = "a test that can't set up its world has failed")]
#![allow(clippy::print_stdout, reason = "the table is told")]

use farthing_tests::in_memory;
use farthing_threats::attacks;
use farthing_threats::table::{Line, head};

fn check(lines: Vec<Line>) {
    for line in lines {
        println!("{line}");
        line.assert_bounded();
    }
}

#[tokio::test]
async fn an_edit_of_any_column_of_any_table_is_found_or_harmless() {
    in_memory();
    let (lines, tally) = attacks::every_column_edited().await;
    println!("{tally:?}");
    assert!(tally.not_opened > 0 && tally.settled > 0, "{tally:?}");
    check(lines);
}

#[tokio::test]
async fn a_backup_restored_after_any_of_a_hundred_purchases_spends_nothing_twice() {
    in_memory();
    check(attacks::backup_restored_after_each_of_a_hundred_purchases().await);
}

#[tokio::test]
async fn a_copy_of_a_whole_device_can_lose_one_reserve_at_most() {
    in_memory();
    check(attacks::running_wallet_copied().await);
}

#[tokio::test]
async fn two_clones_can_lose_one_reserve_at_most_in_any_order() {
    in_memory();
    check(attacks::two_clones_interleaved().await);
}

#[tokio::test]
async fn a_clock_ten_years_off_buys_nothing_more() {
    in_memory();
    check(attacks::clock_set_ten_years_back_and_forth().await);
}

#[tokio::test]
async fn lost_answers_and_doubled_requests_settle_and_charge_once() {
    in_memory();
    check(attacks::answers_lost_and_requests_doubled().await);
}

#[tokio::test]
async fn a_double_tap_buys_once() {
    in_memory();
    check(attacks::double_taps().await);
}

#[tokio::test]
async fn a_second_process_does_not_open_the_wallet() {
    in_memory();
    check(attacks::second_opening().await);
}

#[tokio::test]
async fn a_stolen_access_token_is_of_no_use_without_the_key() {
    in_memory();
    check(attacks::access_token_stolen().await);
}

#[tokio::test]
async fn a_rewritten_wallet_settles_no_more_than_was_reserved() {
    in_memory();
    check(attacks::rewritten_wallet().await);
}

/// Every attack in one table, which is also left as `target/threats/table.txt`. It makes them all once more, so it
/// is run when it is asked for: `cargo test -p farthing-threats --test table -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "makes every attack of the other tests once more, to print one table"]
async fn the_table_of_threats() {
    in_memory();
    let mut lines = attacks::every_column_edited().await.0;
    lines.extend(attacks::backup_restored_after_each_of_a_hundred_purchases().await);
    lines.extend(attacks::running_wallet_copied().await);
    lines.extend(attacks::two_clones_interleaved().await);
    lines.extend(attacks::clock_set_ten_years_back_and_forth().await);
    lines.extend(attacks::answers_lost_and_requests_doubled().await);
    lines.extend(attacks::double_taps().await);
    lines.extend(attacks::second_opening().await);
    lines.extend(attacks::access_token_stolen().await);
    lines.extend(attacks::rewritten_wallet().await);
    let rows: Vec<String> = lines.iter().map(Line::to_string).collect();
    let table = format!("{}\n{}\n", head(), rows.join("\n"));
    println!("{table}");
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("threats");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("table.txt"), table).unwrap();
    lines.iter().for_each(Line::assert_bounded);
}
