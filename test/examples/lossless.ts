/** JSON in which every integer is a bigint. */
export function parseLossless(text: string): unknown {
  const tagged = text.replace(/("(?:\\.|[^"\\])*")|(-?\d+)/g, (whole, string: string | undefined) =>
    string === undefined ? `{"$bigint":"${whole}"}` : whole,
  );
  return JSON.parse(tagged, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && '$bigint' in value ? BigInt(String(value.$bigint)) : value,
  );
}

/** JSON as serde writes it: bigints as plain integers, no spaces. */
export function stringifyLossless(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'bigint' ? { $bigint: item.toString() } : item,
  ).replace(/\{"\$bigint":"(-?\d+)"\}/g, '$1');
}
