// `node sum-up.mjs <report…>` prints `N passed, N failed` of vitest's JSON reports as its only line, and ends with 1 when
// a test failed, a file could not be run, or a report is missing. `.ci/run` calls it last, on whatever Node there is.
import { readFileSync } from 'node:fs';

const sum = { passed: 0, failed: 0, skipped: 0 };

for (const file of process.argv.slice(2)) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    const failed = report.numFailedTests;
    sum.passed += report.numPassedTests;
    // A file that throws before its tests fails without a failed test; that is a failure all the same.
    sum.failed += failed === 0 && !report.success ? 1 : failed;
    sum.skipped += report.numPendingTests + report.numTodoTests;
  } catch (error) {
    sum.failed += 1;
    console.error(`no report of the tests: ${error instanceof Error ? error.message : error}`);
  }
}

console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ''}`);
process.exitCode = sum.failed > 0 ? 1 : 0;
