/** The sidebar of the API reference, from what typedoc-vitepress-theme wrote beside the pages. */
import { existsSync, readFileSync } from 'node:fs';

const written = new URL('../api/typedoc-sidebar.json', import.meta.url);

export function apiSidebar() {
  if (!existsSync(written)) throw new Error('docs/api is missing: run "npm run docs:api" first');
  const entryPoints = JSON.parse(readFileSync(written, 'utf8'));
  entryPoints.sort((a, b) => Number(b.text === 'main') - Number(a.text === 'main'));
  return [{ text: 'Entry points', link: '/api/', items: entryPoints.map(withFullName) }];
}

function withFullName(entryPoint) {
  const name = entryPoint.text === 'main' ? 'nestjs-file-journal' : `…/${entryPoint.text}`;
  return { ...entryPoint, text: name };
}
