/**
 * The sidebar of the API reference: the entry points, each with its rooms, from what typedoc-vitepress-theme wrote
 * beside the pages. The names are on the page of their entry point, and in the search: a sidebar with all of them
 * would be repeated in each of their pages.
 */
import { existsSync, readFileSync } from 'node:fs';
import { githubSlug } from './repository-links.mjs';

const written = new URL('../api/typedoc-sidebar.json', import.meta.url);

export function apiSidebar() {
  if (!existsSync(written)) throw new Error('docs/api is missing: run "npm run docs:api" first');
  const entryPoints = JSON.parse(readFileSync(written, 'utf8'));
  entryPoints.sort((a, b) => Number(b.text === 'main') - Number(a.text === 'main'));
  return [{ text: 'Entry points', link: '/api/', items: entryPoints.map(withRooms) }];
}

function withRooms({ text, link, items }) {
  const rooms = items.filter((room) => room.items !== undefined);
  return {
    text: text === 'main' ? 'nestjs-file-journal' : `…/${text}`,
    link,
    items:
      rooms.length > 1
        ? rooms.map((room) => ({ text: room.text, link: `${link}#${githubSlug(room.text)}` }))
        : [],
  };
}
