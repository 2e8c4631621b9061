export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

/** The request of a `curl` command line, for the options that a README uses. */
export function parseCurl(line: string): HttpRequest {
  const words = shellWords(line).slice(1);
  const headers: Record<string, string> = {};
  let method: string | undefined;
  let url: string | undefined;
  let body: string | undefined;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (['-X', '--request'].includes(word)) method = words.shift();
    else if (['-H', '--header'].includes(word)) {
      const [name = '', ...value] = (words.shift() ?? '').split(':');
      headers[name.trim().toLowerCase()] = value.join(':').trim();
    } else if (['-d', '--data', '--json'].includes(word)) {
      body = words.shift() ?? '';
      headers['content-type'] ??=
        word === '--json' ? 'application/json' : 'application/x-www-form-urlencoded';
    } else if (!/^-[sSif]+$/.test(word) && word.startsWith('-'))
      throw new Error(`unknown option ${word} in: ${line}`);
    else if (!word.startsWith('-')) url = word;
  }
  if (url === undefined) throw new Error(`no address in: ${line}`);
  const request = { method: method ?? (body === undefined ? 'GET' : 'POST'), url: withScheme(url), headers };
  return body === undefined ? request : { ...request, body };
}

function withScheme(url: string): string {
  return /^https?:\/\//.test(url) ? url : `http://${url}`;
}

/** Splits at blanks outside quotes; enough of a shell for quoted JSON. */
function shellWords(line: string): string[] {
  const words = [...line.matchAll(/(?:'[^']*'|"(?:\\.|[^"\\])*"|[^\s'"])+/g)].map(([word]) => word);
  return words.map((word) =>
    word.replaceAll(/'([^']*)'|"((?:\\.|[^"\\])*)"/g, (_, single?: string, double?: string) =>
      single === undefined ? (double ?? '').replaceAll(/\\(["\\$`])/g, '$1') : single,
    ),
  );
}
