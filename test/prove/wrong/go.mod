module goleash.example/fixtures

go 1.26
