// The operations of the demo.

const ACTOR = 'fragment Actor on User { id username displayName }';
const POST = `fragment PostCard on Post {
  id text createdAt likeCount commentCount viewerHasLiked author { ...Actor }
}
${ACTOR}`;

export const HOME_FEED = `query HomeFeed($after: String) {
  viewer { ...Actor }
  homeFeed(first: 20, after: $after) {
    edges { cursor sharedBy { ...Actor } node { ...PostCard } }
    pageInfo { hasNextPage endCursor }
    eventCursor
  }
}
${POST}`;

/** The entry that follows one in the feed. */
export const NEXT_ENTRY = 'query NextEntry($after: String!) { homeFeed(first: 1, after: $after) { edges { node { id } } } }';

export const COMMENTS = `query Comments($id: ID!) {
  post(id: $id) { comments(first: 20) { edges { node { id text author { ...Actor } } } } }
}
${ACTOR}`;

export const HOME_FEED_EVENTS = `subscription HomeFeedEvents($after: String) {
  homeFeedEvents(after: $after) {
    __typename
    cursor
    ... on FeedEntryAdded { isNewest edge { cursor sharedBy { ...Actor } node { ...PostCard } } }
    ... on FeedEntryRemoved { postId }
    ... on HomeFeedChanged { cursor }
    ... on SubscriptionReady { resumed }
  }
}
${POST}`;

export const POST_INTERACTIONS = `subscription PostInteractions($postIds: [ID!]!, $after: String) {
  postInteractions(postIds: $postIds, after: $after) {
    __typename
    cursor
    ... on PostLiked { post { id likeCount } }
    ... on PostUnliked { post { id likeCount } }
    ... on CommentCreated { comment { id text author { ...Actor } } post { id commentCount } }
    ... on CommentDeleted { deletedCommentId post { id commentCount } }
    ... on SubscriptionReady { resumed }
  }
}
${ACTOR}`;

export const MUTATIONS = {
  createPost: `mutation ($input: CreatePostInput!) { payload: createPost(input: $input) { post { ...PostCard } errors { message } } }
${POST}`,
  createComment: `mutation ($input: CreateCommentInput!) {
  payload: createComment(input: $input) { comment { id text author { ...Actor } post { id commentCount } } errors { message } }
}
${ACTOR}`,
  likePost: 'mutation ($input: LikePostInput!) { payload: likePost(input: $input) { post { id likeCount viewerHasLiked } errors { message } } }',
  unlikePost: 'mutation ($input: UnlikePostInput!) { payload: unlikePost(input: $input) { post { id likeCount viewerHasLiked } errors { message } } }',
};
export type Mutation = keyof typeof MUTATIONS;

export interface Actor {
  id: string;
  username: string;
  displayName: string;
}

export interface Post {
  id: string;
  text: string;
  createdAt: string;
  likeCount: number;
  commentCount: number;
  viewerHasLiked: boolean;
  author: Actor;
}

export interface Comment {
  id: string;
  text: string;
  author: Actor | null;
}

export interface Entry {
  cursor: string;
  sharedBy: Actor | null;
  node: Post;
}
