/**
 * A markdown-it plugin: links between files of the repository become links between pages of the site.
 *
 * The repository and the npm package show the same Markdown, so a page links to `../../CHANGELOG.md` and not to
 * `/releases`. A link to a file that is not a page of the site fails the build.
 */
import { dirname, join, relative } from 'node:path/posix';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Pages whose text lies outside docs/: the page includes the file. */
const INCLUDED = new Map([
  ['docs/architecture.md', 'ARCHITECTURE.md'],
  ['docs/benchmarks/method.md', 'bench/README.md'],
  ['docs/releases.md', 'CHANGELOG.md'],
]);

const PAGE_OF = new Map([...INCLUDED].map(([page, file]) => [file, page]));
PAGE_OF.set('README.md', 'docs/index.md');

/** The anchor that GitHub gives to a heading. Links in the documents use it. */
export function githubSlug(heading) {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

export function repositoryLinks(md) {
  md.core.ruler.push('repository-links', ({ tokens, env }) => {
    const page = relative(repository, env.realPath ?? env.path);
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      if (token.type !== 'link_open') continue;
      const href = token.attrGet('href');
      if (isOfRepository(href)) token.attrSet('href', linkOfSite(page, href));
    }
  });
}

function isOfRepository(href) {
  return !/^([a-z]+:|#|\/)/.test(href);
}

function linkOfSite(page, href) {
  const [path, anchor] = href.split('#');
  const target = join(dirname(INCLUDED.get(page) ?? page), path);
  const targetPage = PAGE_OF.get(target) ?? target;
  if (!targetPage.startsWith('docs/'))
    throw new Error(`${page} links to ${target}, which is not a page of the site`);
  const link = targetPage.slice('docs'.length).replace(/(^|\/)README\.md$/, '$1index.md');
  return anchor === undefined ? link : `${link}#${anchor}`;
}
