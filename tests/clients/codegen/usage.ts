import {
  HomeFeedEventsDocument,
  type HomeFeedEventsSubscription,
  LikePostDocument,
  PostDetailDocument,
  PublicFeedDocument,
  ViewerDocument,
} from './__generated__/graphql';
import { execute, type Server } from './execute';

/** Likes the newest post of the public feed; its count of likes, and how the event of its author would be called. */
export async function likeNewest(server: Server): Promise<{ username: string; likes: number; text: string }> {
  const { viewer } = await execute(server, ViewerDocument);
  if (!viewer) throw new Error('Not signed in.');
  const { publicFeed } = await execute(server, PublicFeedDocument, { first: 1 });
  const newest = publicFeed.edges[0];
  if (!newest) throw new Error('There is no post.');
  const { likePost } = await execute(server, LikePostDocument, { input: { postId: newest.node.id } });
  const [problem] = likePost.errors;
  if (problem) throw new Error(`${problem.code satisfies 'NOT_FOUND' | string}: ${problem.message}`);
  const { post } = await execute(server, PostDetailDocument, { id: newest.node.id });
  return { username: viewer.username, likes: likePost.post?.likeCount ?? 0, text: post?.text ?? '' };
}

/** Events are told apart by `__typename`. */
export function summary(event: HomeFeedEventsSubscription['homeFeedEvents']): string {
  switch (event.__typename) {
    case 'FeedEntryAdded':
      return event.edge.node.text;
    case 'FeedEntryRemoved':
      return event.postId;
    case 'HomeFeedChanged':
      return event.cursor;
    case 'ResyncRequired':
      return event.reason satisfies 'CURSOR_TOO_OLD' | 'CURSOR_UNKNOWN' | 'TOO_SLOW';
    case 'SubscriptionReady':
      return String(event.resumed satisfies boolean);
  }
}

/** What must not compile. It is never called. */
export async function mistakes(server: Server): Promise<void> {
  // @ts-expect-error An input is missing.
  await execute(server, LikePostDocument);
  // @ts-expect-error An id is text.
  await execute(server, PostDetailDocument, { id: 1 });
  const { viewer } = await execute(server, ViewerDocument);
  // @ts-expect-error There may be no viewer.
  viewer.username;
  // @ts-expect-error Nothing else can be asked for.
  viewer?.email;
  const document: string = HomeFeedEventsDocument.toString();
  // @ts-expect-error A document is no number.
  document satisfies number;
}
