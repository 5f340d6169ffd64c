import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { breakingChanges } from './breaking-changes.mjs';

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const schema = read('../../../schema.graphql');

/** What the changelog lists as breaking since the last release. */
function listed(changelog) {
  const unreleased = changelog.split(/^## /m).find((part) => part.startsWith('Unreleased')) ?? '';
  const breaking = unreleased.split(/^### /m).find((part) => part.startsWith('Breaking')) ?? '';
  return new Set(Array.from(breaking.matchAll(/`([\w.@]+)`/g), ([, path]) => path));
}

const unlisted = (changes, changelog) =>
  changes.filter(({ path }) => !listed(changelog).has(path)).map(({ path, message }) => `${path}: ${message}`);

test('breaking changes since the last release are listed in CHANGELOG.md', async () => {
  const changes = await breakingChanges(read('released.graphql'), schema);
  assert.deepEqual(
    unlisted(changes, read('../../../CHANGELOG.md')),
    [],
    'Undo the change, or list its path under "### Breaking" in "## Unreleased" of CHANGELOG.md: - `Post.likeCount`: why.',
  );
});

const CHANGES = {
  'Post.shareCount': ['  shareCount: Int!', '  shares: Int!'],
  'Post.text': [/(type Post implements Node \{[^}]*?\n {2}text: String)!/, '$1'],
  'Query.publicFeed.first': [/(publicFeed\([^)]*?first: Int) = null/, '$1!'],
  'ErrorCode.NOT_FOUND': ['  NOT_FOUND\n', '  MISSING\n'],
  'CreatePostInput.text': [/(input CreatePostInput \{[^}]*?\n {2}text: )String!/, '$1[String!]!'],
  HomeFeedUpdates: [/type HomeFeedUpdates /, 'type Updates '],
};

for (const [path, [found, replacement]] of Object.entries(CHANGES)) {
  test(`a change of ${path} is breaking, unless it is listed`, async () => {
    const changed = schema.replace(found, replacement).replaceAll(/: HomeFeedUpdates!/g, path === 'HomeFeedUpdates' ? ': Updates!' : '$&');
    const changes = await breakingChanges(schema, changed);
    assert.ok(changes.some((change) => change.path === path), JSON.stringify(changes));
    const changelog = '# Changelog\n\n## Unreleased\n\n### Added\n\n';
    assert.notDeepEqual(unlisted(changes, `${changelog}- \`${path}\`\n`), []);
    const lines = changes.map((change) => `- \`${change.path}\`: a reason\n`).join('');
    assert.deepEqual(unlisted(changes, `${changelog}### Breaking\n\n${lines}\n## 1.0\n`), []);
    assert.notDeepEqual(unlisted(changes, `${changelog}\n## 1.0\n\n### Breaking\n\n${lines}`), []);
  });
}

test('an addition is not breaking', async () => {
  const added = schema.replace('type Post implements Node {', 'type Post implements Node {\n  isNew: Boolean!');
  assert.notEqual(added, schema);
  assert.deepEqual(await breakingChanges(schema, added), []);
});
