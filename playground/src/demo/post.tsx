// A post in a list or on its own page.

import { useState } from 'react';
import type { ActorFragment, PostCardFragment, RichPostFragment } from './__generated__/graphql';
import { useNode } from './nodes';
import { Icon } from './icons';
import { Pictures } from './pictures';
import { PostActions } from './post-actions';
import { link } from './router';
import { Text } from './text';
import { Avatar, Name } from './users';

/** Some lists of the contract have posts with little more than their text. */
export type Post = PostCardFragment & Partial<RichPostFragment>;

const AUDIENCES = { PUBLIC: '', FOLLOWERS: 'For followers', MENTIONED: 'For those mentioned' };

export function When({ time }: { time: string }) {
  const date = new Date(time);
  const format: Intl.DateTimeFormatOptions = Date.now() - +date < 86_400_000 ? { timeStyle: 'short' } : { dateStyle: 'medium' };
  return <time dateTime={time} title={date.toLocaleString()}>{date.toLocaleString(undefined, format)}</time>;
}

function Head({ post }: { post: Post }) {
  const audience = AUDIENCES[post.visibility ?? 'PUBLIC'];
  return (
    <header className="head">
      <Name user={post.author} />
      <span className="muted">
        <a href={link('post', post.id)}><When time={post.createdAt} /></a>
        {post.editedAt && ' · edited'}
        {audience && <span title={audience}> <Icon name="lock" /><span className="hidden">{audience}</span></span>}
      </span>
    </header>
  );
}

function Quote({ quote }: { quote: RichPostFragment['quote'] }) {
  if (!quote) return null;
  if (!quote.post) return <p className="quoted muted">This post is not available.</p>;
  return <QuotedPost post={quote.post} />;
}

/** The post in a frame, as it is shown within the one that quotes it. */
export function QuotedPost({ post }: { post: PostCardFragment }) {
  return (
    <blockquote className="quoted">
      <Head post={post} />
      <Text text={post.text} />
    </blockquote>
  );
}

function Content({ post }: { post: Post }) {
  const { contentWarning } = post;
  const [isOpen, setOpen] = useState(false);
  const content = (
    <>
      <Text text={post.text} segments={post.textSegments} />
      <Pictures media={post.media ?? []} />
      <Quote quote={post.quote ?? null} />
    </>
  );
  if (!contentWarning) return content;
  return (
    <>
      <p className="warning">
        {contentWarning} <button aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>{isOpen ? 'Hide' : 'Show'}</button>
      </p>
      {isOpen && content}
    </>
  );
}

export function PostCard({ post: given, sharedBy, note }: { post: Post; sharedBy?: ActorFragment | null; note?: string }) {
  const post = useNode(given);
  return (
    <article className="post" aria-label={`Post by ${post.author.displayName}`}>
      {sharedBy && <p className="muted note"><Icon name="share" /> {sharedBy.displayName} shared</p>}
      {note && <p className="muted note"><Icon name="pin" /> {note}</p>}
      <Avatar user={post.author} />
      <div className="body">
        <Head post={post} />
        <Content post={post} />
        <PostActions post={post} />
      </div>
    </article>
  );
}
