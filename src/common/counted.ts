/** A number with its noun, for log lines: `1 segment`, `2 entries`. */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}
