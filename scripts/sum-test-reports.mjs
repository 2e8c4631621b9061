// Sums Jest's JSON reports in a directory into one line, `tests: N passed, N failed, N skipped`. Fails if
// there is no report, if no test ran, or if a suite could not run at all, because Jest then counts none of
// its tests.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = process.argv[2];
if (directory === undefined) throw new Error('usage: node scripts/sum-test-reports.mjs <directory>');

const reports = readdirSync(directory)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')));
const sum = (count) => reports.reduce((total, report) => total + count(report), 0);

const passed = sum((report) => report.numPassedTests);
const failed = sum((report) => report.numFailedTests);
const skipped = sum((report) => report.numPendingTests + report.numTodoTests);
const broken = sum((report) => report.numRuntimeErrorTestSuites);

if (broken > 0) console.log(`${broken} test files could not be run`);
if (passed + failed === 0) console.log('no test was run');
else console.log(`tests: ${passed} passed, ${failed} failed, ${skipped} skipped`);
if (failed + broken > 0 || passed === 0) process.exitCode = 1;
