import type { ConformanceRunner, JournalHarness } from '../../src/testing/index.js';
import { defineJournalConformance } from '../../src/testing/index.js';

export interface SuiteResult {
  /** `topic > test` */
  readonly passed: string[];
  readonly failed: string[];
  readonly skipped: string[];
}

interface CollectedTest {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** Longer than any test takes on an intact journal; a mutant may never answer. */
const TEST_TIMEOUT_MS = 1_000;

/** Runs the suite, or the topics of that name, without a test runner, and tells what came of each test. */
export async function runSuite(harness: JournalHarness, topic?: string): Promise<SuiteResult> {
  const { tests, skipped } = collect(harness);
  const result: SuiteResult = { passed: [], failed: [], skipped };
  for (const { name, run } of tests) {
    if (topic !== undefined && !name.startsWith(`${topic} > `)) continue;
    const outcome = await Promise.race([run().then(...settle), timeout()]);
    result[outcome].push(name);
  }
  return result;
}

const settle = [(): 'passed' => 'passed', (): 'failed' => 'failed'] as const;

function timeout(): Promise<'failed'> {
  return new Promise((resolve) => setTimeout(resolve, TEST_TIMEOUT_MS, 'failed').unref());
}

function collect(harness: JournalHarness): { tests: CollectedTest[]; skipped: string[] } {
  const path: string[] = [];
  const tests: CollectedTest[] = [];
  const skipped: string[] = [];
  // The outermost name is the journal's.
  const named = (name: string): string => [...path.slice(1), name].join(' > ');
  const it: ConformanceRunner['it'] = (name, run) => tests.push({ name: named(name), run });
  it.skip = (name) => skipped.push(named(name));
  const describe = (name: string, define: () => void): void => {
    path.push(name);
    define();
    path.pop();
  };
  defineJournalConformance({ describe, it }, harness);
  return { tests, skipped };
}
