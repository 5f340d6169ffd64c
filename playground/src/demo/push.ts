// Web Push: what is new for the user shows also while no tab of the demo is open (docs/push.md). All tabs of a browser
// have one subscription; it belongs to the user whose tab was opened last.

import { Store } from '../store';
import { PushConfigurationDocument, RegisterPushTargetDocument, UnregisterPushTargetDocument } from './__generated__/graphql';
import { mutate, query } from './api';

/** How long to wait for the browser's push service, which without the internet never answers. */
const SECONDS = 20;

/** The id of this browser's push target; null without one. */
export const target = new Store<string | null>(null);

/** Subscribes and registers this browser. Errors: with a message for the user. */
export async function turnOn(): Promise<void> {
  if (!('PushManager' in window)) throw new Error('This browser has no Web Push here. It needs HTTPS or localhost.');
  if ((await Notification.requestPermission()) !== 'granted')
    throw new Error('This browser does not permit this page to notify. Change that in its settings for this site.');
  const { webPushPublicKey } = (await query(PushConfigurationDocument, {})).pushConfiguration;
  if (!webPushPublicKey) throw new Error('This server sends no Web Push: VAPID_PRIVATE_KEY is not set.');
  await navigator.serviceWorker.register('/demo/worker.js');
  const { pushManager } = await navigator.serviceWorker.ready;
  await register(await subscribe(pushManager, webPushPublicKey));
}

/** Registers this browser's subscription, if it has one, as an app does at each start. */
export async function renew(): Promise<void> {
  const subscription = await held();
  if (subscription) await register(subscription);
}

/** Ends the subscription and the push target. */
export async function turnOff(): Promise<void> {
  const targetId = target.get();
  await (await held())?.unsubscribe();
  if (targetId) await mutate(UnregisterPushTargetDocument, { input: { targetId } });
  target.set(null);
}

async function held(): Promise<PushSubscription | null | undefined> {
  const worker = await navigator.serviceWorker?.getRegistration('/demo/');
  return worker?.pushManager?.getSubscription();
}

async function subscribe(pushManager: PushManager, key: string): Promise<PushSubscription> {
  const old = await pushManager.getSubscription();
  if (old && base64url(old.options.applicationServerKey!) !== key) await old.unsubscribe();
  try {
    const late = new Promise<never>((_, reject) => setTimeout(reject, SECONDS * 1000, new Error(`no answer in ${SECONDS} s`)));
    return await Promise.race([pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }), late]);
  } catch (error) {
    throw new Error(`This browser can’t subscribe at its push service. That needs the internet, and no private window: ${(error as Error).message}.`);
  }
}

async function register(subscription: PushSubscription): Promise<void> {
  const { endpoint, keys } = subscription.toJSON();
  const webPush = { endpoint: endpoint!, p256dh: keys!.p256dh!, auth: keys!.auth! };
  const { target: registered, errors: [first] } = (await mutate(RegisterPushTargetDocument, { input: { target: { webPush } } })).registerPushTarget;
  if (!registered) throw new Error(first?.message);
  target.set(registered.id);
}

function base64url(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
