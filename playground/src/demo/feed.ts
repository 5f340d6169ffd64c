// The home feed as the page shows it.

import { Store } from '../store';
import { type FeedEntryFragment, HomeTimelineDocument, HomeTimelineEventsDocument, type HomeTimelineEventsSubscription, NextEntryDocument } from './__generated__/graphql';
import { query } from './api';
import { follow, type PostEvent, positionsAt, watch } from './live';
import { flush, onAnswer } from './outbox';

export type Entry = FeedEntryFragment;

export interface Feed {
  entries: Entry[];
  /** Entries that have come since, newest first, and are not shown yet. */
  waiting: Entry[];
  end: string | null;
  isLoaded: boolean;
}

export const feed = new Store<Feed>({ entries: [], waiting: [], end: null, isLoaded: false });

const change = (changed: Partial<Feed>) => feed.set({ ...feed.get(), ...changed });
let viewerId: string | undefined;
let stopHome = () => {};
let unwatch = () => {};
let positions = positionsAt(null);

/** Watches all posts of the feed, in place of those before, from where it stands. */
function watchPosts(from = positions): void {
  const { entries, waiting } = feed.get();
  unwatch();
  positions = from;
  unwatch = watch([...waiting, ...entries].map(({ node }) => node.id), positions, seePostEvent, () => void begin());
}

/** The first page, and from its very moment everything that happens. */
export async function begin(): Promise<void> {
  const { viewer, homeFeed } = await query(HomeTimelineDocument, {});
  const { edges, pageInfo, eventCursor } = homeFeed;
  viewerId = viewer?.id;
  feed.set({ entries: edges, waiting: [], end: endOf(pageInfo), isLoaded: true });
  stopHome();
  const stop = follow(HomeTimelineEventsDocument, {}, { cursor: eventCursor }, (event) => seeFeedEvent(event, () => stopHome === stop), begin);
  stopHome = stop;
  watchPosts(positionsAt(eventCursor));
  void flush();
}

onAnswer('createPost', ({ post }) => post && showOwn({ cursor: '', sharedBy: null, node: { ...post, media: post.media.map((each) => ({ ...each, small: null, large: null })) } }));
onAnswer('deletePost', ({ deletedPostId }) => deletedPostId && remove(deletedPostId));

export async function showMore(): Promise<void> {
  const from = structuredClone(positions); // What happens while the page is read may be about its posts.
  const { homeFeed } = await query(HomeTimelineDocument, { after: feed.get().end });
  change({ entries: [...feed.get().entries, ...homeFeed.edges], end: endOf(homeFeed.pageInfo) });
  watchPosts(from);
}

export function showWaiting(): void {
  const { entries, waiting } = feed.get();
  change({ entries: [...waiting, ...entries], waiting: [] });
}

const endOf = (pageInfo: { hasNextPage: boolean; endCursor: string | null }) => (pageInfo.hasNextPage ? pageInfo.endCursor : null);
const isShown = (postId: string) => [...feed.get().entries, ...feed.get().waiting].some(({ node }) => node.id === postId);

function showOwn(entry: Entry): void {
  if (!feed.get().isLoaded || isShown(entry.node.id)) return;
  change({ entries: [entry, ...feed.get().entries] });
  watchPosts();
}

function remove(postId: string): void {
  const others = (entry: Entry) => entry.node.id !== postId;
  change({ entries: feed.get().entries.filter(others), waiting: feed.get().waiting.filter(others) });
}

/** Adds an entry at its older place: before the entry that follows it, or at the end. Past the end, `showMore` brings it. */
async function addOlder(entry: Entry): Promise<void> {
  const { homeFeed } = await query(NextEntryDocument, { after: entry.cursor });
  const next = homeFeed.edges[0]?.node.id;
  const { entries, waiting, end } = feed.get();
  const before = (list: Entry[]) => list.flatMap((each) => (each.node.id === next ? [entry, each] : [each]));
  if (next) change({ entries: before(entries), waiting: before(waiting) });
  else if (end === null) change({ entries: [...entries, entry] });
}

type FeedEvent = HomeTimelineEventsSubscription['homeFeedEvents'];
let seen = Promise.resolve();

/** Events change the feed one after the other, unless it has been queried again meanwhile. */
function seeFeedEvent(event: FeedEvent, isCurrent: () => boolean): void {
  seen = seen.then(() => (isCurrent() ? changeBy(event) : undefined)).catch(begin);
}

async function changeBy(event: FeedEvent): Promise<void> {
  if (event.__typename === 'HomeFeedChanged') await begin();
  else if (event.__typename === 'FeedEntryRemoved') remove(event.postId);
  else if (event.__typename === 'FeedEntryAdded') {
    const { id, author } = event.edge.node;
    if (!event.isNewest) {
      remove(id);
      await addOlder(event.edge);
    } else if (!isShown(id)) {
      if (author.id === viewerId) showOwn(event.edge);
      else {
        change({ waiting: [event.edge, ...feed.get().waiting] });
        watchPosts(); // Before it is shown, or an event of another post would move the position past its own.
      }
    }
  }
}

function seePostEvent(event: PostEvent): void {
  if (event.__typename === 'PostDeleted') remove(event.deletedPostId);
}
