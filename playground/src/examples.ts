// Variables for the contract's operations, with ids from the live database.

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
  publicFeed(first: 10) { edges { cursor node { id text textSegments { hashtag { name } } author { id username } comments(first: 1) { edges { node { id } } } } } }
  viewer { id username posts(first: 1) { edges { node { id } } } }
}`;
const HOME = '{ homeFeed(first: 1) { edges { cursor } eventCursor } }';
const OWN_COMMENT = 'mutation ($input: CreateCommentInput!) { createComment(input: $input) { comment { id } } }';
const OWN_POST = 'mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id } } }';
const OWN_UPLOAD = 'mutation ($input: StartUploadInput!) { startUpload(input: $input) { upload { mediaId url method headers { name value } } } }';
const OWN_EXPORT = 'mutation ($input: ExportDataInput!) { exportData(input: $input) { export { id } } }';
const OWN_TARGET = 'mutation ($input: RegisterPushTargetInput!) { registerPushTarget(input: $input) { target { id } } }';
const NEWEST_NOTIFICATION = '{ notifications(first: 1) { edges { cursor } } }';
const SESSIONS = '{ account { sessions { id isCurrent } } }';

type Values = Record<string, unknown>;

/** Values by the name of a variable or of an input's field. */
async function values(operation: string): Promise<Values> {
  const token = await accessToken();
  const { publicFeed, viewer } = await query(SAMPLES, {}, token);
  const entries = publicFeed.edges.filter(({ node }: any) => node.author.username !== viewer?.username);
  const post = entries[0]?.node;
  const comment = entries.flatMap(({ node }: any) => node.comments.edges)[0]?.node.id;
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
  if (token && /^(Edit|Delete)Comment$/.test(operation)) {
    const input = { postId: post.id, text: 'A comment to try things on' };
    found.commentId = (await query(OWN_COMMENT, { input }, token)).createComment.comment.id;
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

/** Variables with which the document runs as it is: its required ones, and `clientMutationId`. */
export async function variablesFor(schema: GraphQLSchema, name: string, text: string): Promise<Values> {
  const [operation] = parse(text).definitions.filter((definition) => definition.kind === 'OperationDefinition');
  const known = await values(name);
  const entries = (operation?.variableDefinitions ?? [])
    .filter(({ type, defaultValue }) => type.kind === 'NonNullType' && !defaultValue)
    .map(({ variable, type }) => [variable.name.value, value(typeFromAST(schema, type as TypeNode as any) as GraphQLInputType, variable.name.value, known)]);
  return Object.fromEntries(entries);
}

/** Whether the operation needs a signed-in user. */
export const needsUser = (name: string, text: string): boolean =>
  !session.get() && !/^(SignIn|SignUp|SignOut|RefreshSession|VerifyEmail|RequestPasswordReset|ResetPassword|RestoreAccount)$/.test(name) && /^\s*mutation|homeFeed|account \{/m.test(text);
