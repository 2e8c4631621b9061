/**
 * The documentation site: `npm run docs` writes it to docs/.vitepress/dist, `npm run docs:dev` serves it.
 *
 * The Markdown is the same that the repository and the npm package show, so links are written for them and
 * `repository-links.mjs` turns them into links of the site. A link without a target fails the build.
 */
import { existsSync } from 'node:fs';
import { defineConfig } from 'vitepress';
import { apiSidebar } from './api-sidebar.mjs';
import { inlineSvg, pictureStyles } from './inline-svg.mjs';
import { githubSlug, repositoryLinks } from './repository-links.mjs';

const guides = [
  {
    text: 'Start',
    items: [
      { text: 'All guides', link: '/guides/' },
      { text: 'How it works', link: '/guides/how-it-works' },
      { text: 'Getting started', link: '/guides/getting-started' },
      { text: 'Words', link: '/guides/words' },
      { text: 'Comparison', link: '/guides/comparison' },
    ],
  },
  {
    text: 'Writing',
    items: [
      { text: 'Writing events', link: '/guides/writing' },
      { text: 'Aggregates', link: '/guides/aggregates' },
      { text: 'Upgrading events', link: '/guides/upgrading-events' },
      { text: 'Errors', link: '/guides/errors' },
    ],
  },
  {
    text: 'Reading',
    items: [
      { text: 'Projections', link: '/guides/projections' },
      { text: 'Snapshots and retention', link: '/guides/snapshots-and-retention' },
    ],
  },
  {
    text: 'Running',
    items: [
      { text: 'Options', link: '/guides/options' },
      { text: 'Durability', link: '/guides/durability' },
      { text: 'Backup and restore', link: '/guides/backup' },
      { text: 'Operating', link: '/guides/operating' },
      { text: 'Command line', link: '/guides/command-line' },
      { text: 'Command line reference', link: '/guides/command-line-reference' },
      { text: 'Testing', link: '/guides/testing' },
      { text: 'Migrating from orderbook-rs', link: '/guides/migrating-from-orderbook-rs' },
    ],
  },
];

const project = [
  {
    text: 'Project',
    items: [
      { text: 'Reliability', link: '/reliability' },
      { text: 'Finding a file', link: '/finding-files' },
      { text: 'The protocol of replication', link: '/replication-protocol' },
      { text: 'Architecture', link: '/architecture' },
      { text: 'Decisions', link: '/decisions' },
      { text: 'Changelog', link: '/releases' },
    ],
  },
  {
    text: 'Benchmarks',
    items: [
      { text: 'What the figures say', link: '/benchmarks/' },
      { text: 'All results', link: '/benchmarks/results' },
      { text: 'Method', link: '/benchmarks/method' },
    ],
  },
];

/** Where the site lies on its server. */
const base = process.env['DOCS_BASE'] ?? '/';

/** VitePress checks the links of pages, not those of the sidebar. */
function assertPagesExist(groups) {
  for (const { link } of groups.flatMap(({ items }) => items)) {
    const page = `..${link.replace(/\/$/, '/README')}.md`;
    if (!existsSync(new URL(page, import.meta.url)))
      throw new Error(`the sidebar links to ${link}, which is not a page`);
  }
}

assertPagesExist([...guides, ...project]);

export default defineConfig({
  title: 'nestjs-file-journal',
  description: 'An event store for NestJS in append-only files on the local disk.',
  lang: 'en',
  base,
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `${base}logo.svg` }]],
  // The repository and npm show README.md for a folder, a web server index.html.
  rewrites: { ':folder/README.md': ':folder/index.md' },
  srcExclude: ['api/**/README.md'],
  // Title, sidebar and search settings are one file of the site instead of a part of every page.
  metaChunk: true,
  transformPageData({ relativePath, frontmatter }) {
    // The sidebar of the API reference lists no single page, so none follows another.
    if (relativePath.startsWith('api/')) Object.assign(frontmatter, { prev: false, next: false });
  },
  markdown: {
    anchor: { slugify: githubSlug },
    theme: { light: 'github-light', dark: 'github-dark' },
    config(md) {
      md.use(repositoryLinks);
      md.use(inlineSvg);
    },
  },
  vite: {
    plugins: [pictureStyles()],
    // The index of the local search is one chunk.
    build: { chunkSizeWarningLimit: 4096 },
  },
  themeConfig: {
    logo: '/logo.svg',
    nav: [
      { text: 'Guides', link: '/guides/', activeMatch: '^/guides/' },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
      { text: 'Benchmarks', link: '/benchmarks/', activeMatch: '^/benchmarks/' },
      { text: 'Architecture', link: '/architecture' },
      { text: 'Changelog', link: '/releases' },
    ],
    sidebar: { '/guides/': guides, '/api/': apiSidebar(), '/': project },
    outline: { level: [2, 3] },
    search: { provider: 'local', options: { detailedView: false } },
    docFooter: { prev: 'Previous', next: 'Next' },
    footer: { message: 'MIT licence' },
  },
});
