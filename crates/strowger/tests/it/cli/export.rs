//! `strowger export`, and back in again.

use crate::site::Site;

store::on_both! {
    async fn what_is_exported_can_be_imported(database: TestDb) {
        let site = Site::ready(database).await;
        site.ok("pool add london").await;
        site.ok("pool add paris").await;
        site.ok("pool add-class gold").await;
        let csv = site.write("in.csv", "number,class,description\n442079460000,gold,\"a, \"\"b\"\"\"\n442079460001,,\n");
        site.ok(["import", csv.to_str().unwrap(), "--pool", "london"]).await;
        site.ok("number add paris 33170010000").await;
        site.ok(["number", "block", "442079460001", "papers, missing"]).await;

        let text = site.ok("export --pool london").await;
        assert_eq!(
            text,
            "number,state,pool,class,account,vendor,order,destination,blocked_reason,description\n\
             +442079460000,available,1,2,,,,,,\"a, \"\"b\"\"\"\n\
             +442079460001,available,1,1,,,,,\"papers, missing\",\n"
        );
        let file = site.path("out.csv");
        let said = site.run(["export", file.to_str().unwrap()]).await;
        assert_eq!((said.code, said.stdout.as_str(), said.stderr.as_str()), (Some(0), "", "3 numbers written\n"));

        let other = site.another().await;
        other.ok("pool add all").await;
        other.ok("pool add-class gold").await;
        assert_eq!(other.ok(["import", file.to_str().unwrap(), "--pool", "all"]).await, "3 numbers imported into pool all\n");
        let of = |text: &str, column: usize| {
            let mut csv = csv::Reader::from_reader(text.as_bytes());
            let mut fields: Vec<_> = csv.records().map(|row| (row.as_ref().unwrap()[0].to_owned(), row.unwrap()[column].to_owned())).collect();
            fields.sort();
            fields
        };
        let (before, after) = (std::fs::read_to_string(&file).unwrap(), other.ok("export").await);
        for column in [0, 3, 9] {
            assert_eq!(of(&before, column), of(&after, column));
        }
        assert_eq!(site.fails("export --pool nowhere").await, "error: pool nowhere not found\n");
        assert!(site.fails("export /nowhere/out.csv").await.starts_with("error: /nowhere/out.csv: "));
    }
}
