/** A report for a terminal, with plain lines and figures with units. It counts failed checks. */
export class Report {
  failures = 0;

  heading(text: string): void {
    console.log(`\n${text}`);
  }

  fact(name: string, text: string): void {
    console.log(`  ${name.padEnd(12)}${text}`);
  }

  /** Reports a condition that must hold. @param differences the reasons why it does not hold */
  check(name: string, text: string, differences: readonly string[] = []): void {
    this.fact(name, `${differences.length === 0 ? 'ok' : 'FAILED'}: ${text}`);
    this.failures += differences.length === 0 ? 0 : 1;
    for (const difference of differences.slice(0, 5)) this.fact('', `- ${difference}`);
    if (differences.length > 5) this.fact('', `- and ${count(differences.length - 5)} more`);
  }
}

export function count(value: number | bigint): string {
  return value.toLocaleString('en-US');
}

export function milliseconds(value: number): string {
  return value < 1_000 ? `${value.toFixed(0)} ms` : `${(value / 1_000).toFixed(2)} s`;
}

export function perSecond(things: number, elapsedMs: number): string {
  return elapsedMs > 0 ? `${count(Math.round((things / elapsedMs) * 1_000))}/s` : '-';
}

export function percent(part: number, whole: number): string {
  return whole > 0 ? `${((part / whole) * 100).toFixed(1)} %` : '-';
}
