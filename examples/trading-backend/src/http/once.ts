import { stringifyJson, type SubmitOptions } from 'nestjs-file-journal';

/**
 * Executes a request with this key once.
 * @param madeUp fields of the command that the client did not send; they differ when the request is repeated
 */
export function once(key: string | undefined, ...madeUp: readonly string[]): SubmitOptions {
  if (key === undefined) return {};
  const clients = (command: unknown): string => stringifyJson(without(command, madeUp));
  return { commandId: key, isSame: (known, repeated) => clients(known) === clients(repeated) };
}

function without(value: unknown, names: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => !names.includes(name));
  return Object.fromEntries(entries.map(([name, item]) => [name, without(item, names)]));
}
