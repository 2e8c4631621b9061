import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { answerMatches, parseGuide, parseQuickStart } from './fresh-app/quick-start.js';

const here = dirname(fileURLToPath(import.meta.url));

const MARKDOWN = `
## Quick start

\`\`\`sh
npx @nestjs/cli new app && cd app
npm install nestjs-file-journal @nestjs/cqrs   # and a comment
\`\`\`
\`\`\`ts
// src/app.module.ts
export class AppModule {}
\`\`\`
\`\`\`ts
const shownOnly = 1;
\`\`\`
\`\`\`sh
npm run start &
curl -s -X POST localhost:3000/orders \\
  -H 'content-type: application/json' -d '{"id": "it is \\"1\\""}'
# 201
# {"sequence":"…"}
kill -9 %1
\`\`\`

## Next

\`\`\`sh
rm -rf /
\`\`\`
`;

test('a quick start becomes files and steps', () => {
  const { files, steps } = parseQuickStart(MARKDOWN);
  expect([...files]).toEqual([['src/app.module.ts', '// src/app.module.ts\nexport class AppModule {}\n']]);
  expect(steps).toEqual([
    { kind: 'install', packages: ['nestjs-file-journal', '@nestjs/cqrs'] },
    { kind: 'start' },
    {
      kind: 'request',
      line: expect.stringContaining('curl'),
      request: {
        method: 'POST',
        url: 'http://localhost:3000/orders',
        headers: { 'content-type': 'application/json' },
        body: String.raw`{"id": "it is \"1\""}`,
      },
      expected: ['201', '{"sequence":"…"}'],
    },
    { kind: 'kill' },
  ]);
});

test('a line of one major of NestJS is marked as such', () => {
  const { files, steps } = parseGuide(`
\`\`\`sh
npx @nestjs/cli@11 new app && cd app
npm install nestjs-file-journal @nestjs/cqrs@11
sed -i "s/a/b/" src/*.ts # NestJS 11
npm test
\`\`\`
`);
  expect(files.size).toBe(0);
  expect(steps).toEqual([
    { kind: 'install', packages: ['nestjs-file-journal', '@nestjs/cqrs@11'], major: 11 },
    { kind: 'shell', line: 'sed -i "s/a/b/" src/*.ts', major: 11 },
    { kind: 'test' },
  ]);
});

test('a command that the test would not carry out is refused', () => {
  expect(() => parseQuickStart('# Quick start\n```sh\ndocker compose up\n```\n')).toThrow(
    'docker compose up',
  );
});

test.each([
  [['{"a":"…"}'], 200, '{"a":"17"}', true],
  [['{"a":"…"}'], 200, '{"b":"17"}', false],
  [['{"a":"…"}'], 500, '{"a":"17"}', false],
  [['404'], 404, 'whatever', true],
  [['404', 'gone'], 404, 'here', false],
  [[], 204, '', true],
  [['(1+1)'], 200, '(1+1)\n', true],
])('%j is met by %d %s: %s', (expected, status, body, matches) => {
  expect(answerMatches(expected, status, body)).toBe(matches);
});

test('the quick start of the README can be carried out', () => {
  const readme = join(here, '../../README.md');
  const { files, steps } = parseQuickStart(readFileSync(readme, 'utf8'));
  expect(files.has('src/app.module.ts')).toBe(true);
  expect(steps.map((step) => step.kind)).toEqual(
    expect.arrayContaining(['install', 'start', 'request', 'kill']),
  );
});
