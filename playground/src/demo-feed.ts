// The home feed as the page shows it.

import { type Following, follow } from './demo-live';
import { type Actor, COMMENTS, type Comment, type Entry, HOME_FEED, HOME_FEED_EVENTS, NEXT_ENTRY, POST_INTERACTIONS, type Post } from './demo-operations';
import { onAnswer, write } from './demo-outbox';
import { query } from './server';
import { accessToken } from './session';
import { Store } from './store';

const WATCHED_AT_MOST = 100;

export interface Feed {
  viewer: Actor | null;
  entries: Entry[];
  /** Entries that have come since, newest first, and are not shown yet. */
  waiting: Entry[];
  end: string | null;
  comments: Record<string, Comment[]>;
}

export const feed = new Store<Feed>({ viewer: null, entries: [], waiting: [], end: null, comments: {} });

const change = (changed: Partial<Feed>) => feed.set({ ...feed.get(), ...changed });
let home: Following | undefined;
let interactions: Following | undefined;

/** The first page, and from its very moment everything that happens. */
export async function begin(): Promise<void> {
  const { viewer, homeFeed } = await query(HOME_FEED, {}, await accessToken());
  const { edges, pageInfo, eventCursor } = homeFeed;
  feed.set({ viewer, entries: edges, waiting: [], end: pageInfo.hasNextPage ? pageInfo.endCursor : null, comments: {} });
  home?.stop();
  const following = follow(HOME_FEED_EVENTS, {}, eventCursor, (event) => seeFeedEvent(event, () => home === following), begin);
  home = following;
  interactions?.stop();
  watch(eventCursor);
  onAnswer(seePayload);
}

export async function showMore(): Promise<void> {
  const { homeFeed } = await query(HOME_FEED, { after: feed.get().end }, await accessToken());
  const { edges, pageInfo } = homeFeed;
  change({ entries: [...feed.get().entries, ...edges], end: pageInfo.hasNextPage ? pageInfo.endCursor : null });
  watch();
}

export function showWaiting(): void {
  const { entries, waiting } = feed.get();
  change({ entries: [...waiting, ...entries], waiting: [] });
  watch();
}

export async function showComments(postId: string): Promise<void> {
  const { post } = await query(COMMENTS, { id: postId }, await accessToken());
  change({ comments: { ...feed.get().comments, [postId]: post?.comments.edges.map(({ node }: any) => node) ?? [] } });
}

/** Shown at once; the server's count replaces it with the answer or with an event. */
export function toggleLike({ id, viewerHasLiked, likeCount }: Post): void {
  changePost({ id, viewerHasLiked: !viewerHasLiked, likeCount: likeCount + (viewerHasLiked ? -1 : 1) });
  write(viewerHasLiked ? 'unlikePost' : 'likePost', { postId: id });
}

/** Watches the shown posts, from where the last watch has come to. */
function watch(after = interactions?.cursor() ?? null): void {
  const postIds = [...new Set(feed.get().entries.map(({ node }) => node.id))].slice(0, WATCHED_AT_MOST);
  interactions?.stop();
  interactions = postIds.length ? follow(POST_INTERACTIONS, { postIds }, after, seeInteraction, begin) : undefined;
}

function changePost(changed: Partial<Post> & { id: string }): void {
  const changedEntry = (entry: Entry) => (entry.node.id === changed.id ? { ...entry, node: { ...entry.node, ...changed } } : entry);
  const { entries, waiting } = feed.get();
  change({ entries: entries.map(changedEntry), waiting: waiting.map(changedEntry) });
}

function addComment(postId: string, comment: Comment): void {
  const comments = feed.get().comments[postId];
  if (!comments || comments.some(({ id }) => id === comment.id)) return;
  change({ comments: { ...feed.get().comments, [postId]: [comment, ...comments] } });
}

const isShown = (postId: string) => [...feed.get().entries, ...feed.get().waiting].some(({ node }) => node.id === postId);

function showOwn(entry: Entry): void {
  if (isShown(entry.node.id)) return;
  change({ entries: [entry, ...feed.get().entries] });
  watch();
}

function remove(postId: string): void {
  const others = (entry: Entry) => entry.node.id !== postId;
  change({ entries: feed.get().entries.filter(others), waiting: feed.get().waiting.filter(others) });
}

/** Adds an entry at its older place: before the entry that follows it, or at the end. Past the end, `showMore` brings it. */
async function addOlder(entry: Entry): Promise<void> {
  const { homeFeed } = await query(NEXT_ENTRY, { after: entry.cursor }, await accessToken());
  const next = homeFeed.edges[0]?.node.id;
  const { entries, waiting, end } = feed.get();
  const before = (list: Entry[]) => list.flatMap((each) => (each.node.id === next ? [entry, each] : [each]));
  if (next) change({ entries: before(entries), waiting: before(waiting) });
  else if (end === null) change({ entries: [...entries, entry] });
}

let seen = Promise.resolve();

/** Events change the feed one after the other, unless it has been queried again meanwhile. */
function seeFeedEvent(event: any, isCurrent: () => boolean): void {
  seen = seen.then(() => (isCurrent() ? changeBy(event) : undefined)).catch(begin);
}

async function changeBy(event: any): Promise<void> {
  if (event.__typename === 'HomeFeedChanged') await begin();
  else if (event.__typename === 'FeedEntryRemoved') remove(event.postId);
  else if (event.__typename === 'FeedEntryAdded') {
    const { id, author } = event.edge.node;
    if (!event.isNewest) {
      remove(id);
      await addOlder(event.edge);
    } else if (!isShown(id)) {
      if (author.id === feed.get().viewer?.id) showOwn(event.edge);
      else change({ waiting: [event.edge, ...feed.get().waiting] });
    }
  }
}

function seeInteraction(event: any): void {
  if (event.post) changePost(event.post);
  if (event.comment) addComment(event.post.id, event.comment);
  if (event.deletedCommentId) {
    const comments = (feed.get().comments[event.post.id] ?? []).filter(({ id }) => id !== event.deletedCommentId);
    if (feed.get().comments[event.post.id]) change({ comments: { ...feed.get().comments, [event.post.id]: comments } });
  }
}

function seePayload({ post, comment }: any): void {
  if (comment) {
    changePost(comment.post);
    addComment(comment.post.id, comment);
  } else if (post.text !== undefined) {
    showOwn({ cursor: '', sharedBy: null, node: post });
  } else {
    changePost(post);
  }
}
