// Variables for the contract's operations, with ids from the live database, and what has to be done before.

import {
  type GraphQLInputType,
  type GraphQLSchema,
  type TypeNode,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  parse,
  typeFromAST,
} from 'graphql';
import { development, query } from './server';
import { accessToken, newSession, session } from './session';

const DEMO = { login: 'demo', password: 'demo-demo-demo' };
const SAMPLES = `{
  publicFeed(first: 10) { edges { cursor node { id text textSegments { hashtag { name } } author { id username } comments(first: 1) { edges { node { id } } } media { id } } } }
  trendingFeed(first: 10) { edges { node { comments(first: 1) { edges { node { id } } } media { id } } } }
  viewer { id username posts(first: 1) { edges { node { id } } } }
}`;
const HOME = '{ homeFeed(first: 1) { edges { cursor } eventCursor } }';
const OWN_COMMENT = 'mutation ($input: CreateCommentInput!) { createComment(input: $input) { comment { id } } }';
const OWN_POST = 'mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id } } }';
const OWN_UPLOAD = 'mutation ($input: StartUploadInput!) { startUpload(input: $input) { upload { mediaId url method headers { name value } } } }';
const FINISH_UPLOAD = 'mutation ($input: FinishUploadInput!) { finishUpload(input: $input) { media { id } } }';
const OWN_EXPORT = 'mutation ($input: ExportDataInput!) { exportData(input: $input) { export { id } } }';
const OWN_TARGET = 'mutation ($input: RegisterPushTargetInput!) { registerPushTarget(input: $input) { target { id } } }';
const NEWEST_NOTIFICATION = '{ notifications(first: 1) { edges { cursor } } }';
const SESSIONS = '{ account { sessions { id isCurrent } } }';

type Values = Record<string, unknown>;

/** Values by the name of a variable or of an input's field. */
async function values(operation: string): Promise<Values> {
  const token = await accessToken();
  const { publicFeed, trendingFeed, viewer } = await query(SAMPLES, {}, token);
  const entries = publicFeed.edges.filter(({ node }: any) => node.author.username !== viewer?.username);
  const post = entries[0]?.node;
  const others = [...entries, ...trendingFeed.edges];
  const comment = others.flatMap(({ node }: any) => node.comments.edges)[0]?.node.id;
  const media = others.flatMap(({ node }: any) => node.media).map(({ id }: any) => id);
  const home = token ? (await query(HOME, {}, token)).homeFeed : null;
  const hashtag = entries.flatMap(({ node }: any) => node.textSegments).find(({ hashtag }: any) => hashtag)?.hashtag.name;
  const unique = Date.now().toString(36);
  const found: Values = {
    id: post?.id,
    ids: [post?.id, post?.author.id, comment].filter(Boolean),
    postId: post?.id,
    postIds: entries.slice(0, 5).map(({ node }: any) => node.id),
    userId: post?.author.id,
    commentId: comment,
    username: post?.author.username,
    since: home?.edges[0]?.cursor,
    text: `Hello from the playground, ${new Date().toLocaleTimeString()}`,
    clientMutationId: crypto.randomUUID?.() ?? unique,
    login: development ? DEMO.login : '',
    password: development ? DEMO.password : '',
    refreshToken: '',
    token: '', // It is in a mail, in .data/mail/.
    email: `${unique}@example.com`,
    currentPassword: development ? DEMO.password : '',
    newPassword: development ? DEMO.password : '',
    subjectId: post?.id,
    sessionId: '',
    mediaId: '',
    targetId: '',
    upTo: '',
    query: post?.text.match(/\p{L}{3,}/u)?.[0] ?? 'hello',
    prefix: 'p',
    name: hashtag ?? 'playground',
    contentType: 'image/png',
    byteSize: 1_000,
    target: { fcm: { token: 'playground' } },
    settings: [{ kind: 'LIKE', push: true }],
  };
  // What only the viewer's own things can show is made first.
  if (token && /^(Edit|EditRich|Delete|Pin)Post$/.test(operation)) {
    found.postId = viewer.posts.edges[0]?.node.id ?? (await query(OWN_POST, { input: { text: 'A post to try things on' } }, token)).createPost.post.id;
  }
  if (token && (/^(Edit|Delete)Comment$/.test(operation) || (operation === 'CommentThread' && !comment))) {
    const input = { postId: post.id, text: 'A comment to try things on' };
    found.commentId = (await query(OWN_COMMENT, { input }, token)).createComment.comment.id;
  }
  if (operation === 'CommentThread') found.id = found.commentId ?? '';
  if (operation === 'ExportState') found.id = '';
  if (operation === 'MediaState') found.ids = media.slice(0, 3);
  if (token && operation === 'MediaState' && !media.length) {
    const input = { mediaId: await uploaded(token) };
    found.ids = [(await query(FINISH_UPLOAD, { input }, token)).finishUpload.media.id];
  }
  if (operation === 'SearchUsers') found.query = post?.author.username.slice(0, 3);
  if (token && operation === 'HashtagPage' && !hashtag) await query(OWN_POST, { input: { text: 'Written on the #playground' } }, token);
  if (token && operation === 'FinishUpload') found.mediaId = await uploaded(token);
  if (token && operation === 'MarkNotificationsSeen') found.upTo = (await query(NEWEST_NOTIFICATION, {}, token)).notifications.edges[0]?.cursor ?? '';
  if (token && operation === 'UnregisterPushTarget') {
    found.targetId = (await query(OWN_TARGET, { input: { target: found.target } }, token)).registerPushTarget.target.id;
  }
  if (operation === 'UsernameAvailability') found.username = `user_${unique}`;
  if (operation === 'DeleteAccount') found.password = ''; // Not by one click.
  if (token && operation === 'ExportState') found.id = (await query(OWN_EXPORT, { input: {} }, token)).exportData.export.id;
  if (token && operation === 'RevokeSession' && development) {
    await newSession(DEMO.login, DEMO.password);
    const { sessions } = (await query(SESSIONS, {}, token)).account;
    found.sessionId = sessions.find(({ isCurrent }: any) => !isCurrent)?.id ?? '';
  }
  if (operation === 'SignUp') {
    Object.assign(found, { username: `user_${unique}`, displayName: 'New user', email: `${unique}@example.com`, password: `a phrase of ${Math.random().toString(36).slice(2)}` });
  }
  if (/^(RefreshSession|SignOut)$/.test(operation) && development) {
    found.refreshToken = (await newSession(DEMO.login, DEMO.password)).refreshToken;
  }
  return found;
}

/** The id of a picture that has been uploaded, and not finished. */
async function uploaded(token: string): Promise<string> {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 64;
  canvas.getContext('2d')!.fillRect(0, 0, 64, 64);
  const picture = await new Promise<Blob>((resolve) => canvas.toBlob((blob) => resolve(blob!), 'image/png'));
  const input = { contentType: picture.type, byteSize: picture.size };
  const { upload } = (await query(OWN_UPLOAD, { input }, token)).startUpload;
  const headers = Object.fromEntries(upload.headers.map(({ name, value }: any) => [name, value]));
  await fetch(upload.url, { method: upload.method, headers, body: picture });
  return upload.mediaId;
}

function value(type: GraphQLInputType, name: string, known: Values): unknown {
  const named = getNamedType(type);
  if (name in known) return known[name];
  if (isInputObjectType(named)) {
    const fields = Object.values(named.getFields());
    const wanted = fields.filter((field) => isRequiredInputField(field) || field.name === 'clientMutationId');
    return Object.fromEntries(wanted.map((field) => [field.name, value(field.type, field.name, known)]));
  }
  if (isEnumType(named)) return named.getValues()[0]?.name;
  return isListType(isNonNullType(type) ? type.ofType : type) ? [] : null;
}

/** What has to be done before the operation can succeed. */
function hint(name: string, text: string, known: Values): string {
  if (needsUser(name, text)) return 'Sign in first: see Users.';
  if (/^(VerifyEmail|ResetPassword)$/.test(name)) return 'The code is in the mail in .data/mail/.';
  if (name === 'DeleteAccount') return 'Fill in the password: one click deletes no account.';
  if (/^(CommentThread|LikeComment)$/.test(name) && !known.commentId) return 'There is no comment yet: CreateComment makes one.';
  if (name === 'MediaState' && !(known.ids as string[]).length) return 'No post has a picture yet. Sign in, and one is uploaded: see Users.';
  if (name === 'MarkNotificationsSeen' && !known.upTo) return 'There is no notification yet: another user has to follow this one, or like a post.';
  return '';
}

/**
 * The document with variables with which it runs as it is: its required ones, and `clientMutationId`. Above it a
 * comment says what has to be done first.
 */
export async function example(schema: GraphQLSchema, name: string, text: string): Promise<{ text: string; variables: Values }> {
  const [operation] = parse(text).definitions.filter((definition) => definition.kind === 'OperationDefinition');
  const known = await values(name);
  const entries = (operation?.variableDefinitions ?? [])
    .filter(({ type, defaultValue }) => type.kind === 'NonNullType' && !defaultValue)
    .map(({ variable, type }) => [variable.name.value, value(typeFromAST(schema, type as TypeNode as any) as GraphQLInputType, variable.name.value, known)]);
  const first = hint(name, text, known);
  return { text: first ? `# ${first}\n${text}` : text, variables: Object.fromEntries(entries) };
}

/** Whether the operation needs a signed-in user. */
export const needsUser = (name: string, text: string): boolean =>
  !session.get() && !/^(SignIn|SignUp|SignOut|RefreshSession|VerifyEmail|RequestPasswordReset|ResetPassword|RestoreAccount)$/.test(name) && /^\s*mutation|homeFeed|account \{|DataExport/m.test(text);
