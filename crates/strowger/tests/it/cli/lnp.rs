//! `strowger lnp`: files of ported numbers, all of one or nothing, and who has a number.

use crate::site::{Said, Site};

async fn import(site: &Site, text: &str, more: &[&str]) -> Said {
    let path = site.write("ported.csv", text);
    let words: Vec<&str> = [&["lnp", "import", path.to_str().unwrap()], more].concat();
    site.run(words).await
}

store::on_both! {
    async fn a_file_of_ported_numbers_is_imported_and_looked_up(database: TestDb) {
        let site = Site::ready(database).await;
        let said = import(&site, "Alpha,D1,442079460000,,2026-01-01\r\nBeta,D2,442079460001,4420\r\n", &[]).await;
        assert_eq!((said.code, said.stdout.as_str()), (Some(0), "2 ported numbers imported\n"), "{said:?}");
        let found = site.json("lnp lookup +442079460000 --at 2026-01-01").await;
        assert_eq!((&found["carrier"], &found["prefix"]), (&"Alpha".into(), &"D1".into()));
        let said = site.fails("lnp lookup 442079460000 --at 2025-12-31").await;
        assert!(said.contains("442079460000 is not ported"), "{said}");
        let said = import(&site, "Alpha,D1,442079460002\nAlpha,D9,442079460003\nAlpha\n", &["--purge-existing"]).await;
        assert_eq!(said.code, Some(1), "{said:?}");
        for line in [
            "line 2: the prefix of carrier `Alpha` is `D1`",
            "line 3: number `` is not 1 to 31 digits",
            "error: 2 of 3 lines are bad; nothing was imported",
        ] {
            assert!(said.stderr.contains(line), "{line}: {said:?}");
        }
        let said = import(&site, "Gamma,D3,442079460002\n", &["--purge-existing", "--dry-run"]).await;
        assert_eq!(said.code, Some(0), "{said:?}");
        site.fails("lnp lookup 442079460002").await;
        let said = import(&site, "Gamma,D3,442079460002\n", &["--purge-existing"]).await;
        assert_eq!(said.code, Some(0), "{said:?}");
        assert_eq!(site.json("lnp lookup 442079460002").await["carrier"], "Gamma");
        site.fails("lnp lookup 442079460001").await;
    }
}
