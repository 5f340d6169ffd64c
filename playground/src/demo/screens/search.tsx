import { type FormEvent, useEffect, useState } from 'react';
import { FoundPostsDocument, SearchHashtagsDocument, SearchUsersDocument } from '../__generated__/graphql';
import { ListOf } from '../list';
import { useWatch } from '../live';
import { usePages } from '../pages';
import { PostCard } from '../post';
import { go, link } from '../router';
import { FollowButton, UserRow } from '../users';
import { Explore } from './explore';

const TYPING_MS = 200;

/** The value when it has not changed for a moment, so that not each letter is a request. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), TYPING_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

function Users({ query }: { query: string }) {
  const pages = usePages(SearchUsersDocument, { query }, (data) => data.searchUsers);
  return (
    <ul className="rows">
      <ListOf pages={pages} empty="No user has a name that begins so.">
        {({ node }) => <UserRow key={node.id} user={node}><FollowButton user={node} /></UserRow>}
      </ListOf>
    </ul>
  );
}

function Hashtags({ prefix }: { prefix: string }) {
  const { data } = usePages(SearchHashtagsDocument, { prefix }, () => null);
  return (
    <p className="tags">
      {data?.searchHashtags.edges.map(({ node }) => <a key={node.id} href={link('tag', node.name)}>#{node.name} <span className="muted">{node.postCount}</span></a>)}
    </p>
  );
}

function Posts({ query }: { query: string }) {
  const pages = usePages(FoundPostsDocument, { query }, (data) => data.searchPosts);
  useWatch(pages.edges.map(({ node }) => node.id), pages);
  return <ListOf pages={pages} empty="No post has these words.">{({ node }) => <PostCard key={node.id} post={node} />}</ListOf>;
}

/** `asked` is what was searched for by Enter: posts. Users and hashtags are found as one types. */
export function Search({ asked }: { asked: string }) {
  const [text, setText] = useState(asked);
  useEffect(() => setText(asked), [asked]);
  const typed = useSettled(text.trim());
  const prefix = typed.replace(/^#/, '');
  function search(event: FormEvent) {
    event.preventDefault();
    if (text.trim()) go('search', text.trim());
  }
  return (
    <>
      <form className="line" role="search" onSubmit={search}>
        <input type="search" value={text} onChange={(event) => setText(event.target.value)} aria-label="Search" placeholder="Words, from:name, #tag, since:2026-01-31" maxLength={200} autoFocus dir="auto" />
        <button className="primary">Search</button>
      </form>
      {/^#?[^\s#:]+$/.test(typed) && <Hashtags prefix={prefix} />}
      {/^@?[^#:]+$/.test(typed) && typed !== asked && <Users query={typed.replace(/^@/, '')} />}
      {asked && <Posts query={asked} />}
      {!asked && (typed ? <p className="muted">Enter finds posts.</p> : <Explore />)}
    </>
  );
}
