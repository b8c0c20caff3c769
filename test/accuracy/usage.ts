export const usage = `Measures Goleash on code that nobody here wrote. The code and its labels are fetched by you and are no part of this repository.

  npm run accuracy -- recall     --labels FILE --mirror DIR [--class C] [--scope S] [--only ID] [--syntactic]
      reviews the reversed fixes of real leaks: what is found, and what is still flagged after the fix
  npm run accuracy -- goker      --labels FILE --gobench DIR [--goat DIR] [--only ID]
      GoBench's blocking kernels, and the cured ones of goat
  npm run accuracy -- go-corpus  [--goroot DIR]
      the corpus of leaks that comes with Go's runtime
  npm run accuracy -- scan       DIR… [--out FILE]
      whole repositories, checked out or bare, as a sheet of findings to be judged: one JSON object a line
  npm run accuracy -- mutants    DIR… [--each N]
      whole repositories, with what keeps them from leaking taken away line by line: what is found of up to N of each kind of line
  npm run accuracy -- noise      --repo DIR [--commits N] [--jobs N] [--out FILE]
      the newest commits that touch Go, replayed as pull requests; with --out it goes on where it was stopped

Labels and mirrors are also taken from GOLEASH_LABELS (a directory with dev.jsonl and goker.jsonl), GOLEASH_MIRROR (git directories
as owner+name), GOLEASH_GOBENCH and GOLEASH_GOAT (checkouts).
`;
