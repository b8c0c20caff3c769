import type { Rule } from '../rule.ts';
import { abandonedReceive } from './abandoned-receive.ts';
import { abandonedSend } from './abandoned-send.ts';
import { blockedUnderLock } from './blocked-under-lock.ts';
import { breakInSelect } from './break-in-select.ts';
import { closedReceiveLoop } from './closed-receive-loop.ts';
import { condWithoutSignal } from './cond-without-signal.ts';
import { deadlock } from './deadlock.ts';
import { doubleLock } from './double-lock.ts';
import { failedStreamLoop } from './failed-stream-loop.ts';
import { lockOrder } from './lock-order.ts';
import { loopWithoutExit } from './loop-without-exit.ts';
import { lostCancel } from './lost-cancel.ts';
import { lostGuard } from './lost-guard.ts';
import { missingClose } from './missing-close.ts';
import { missingUnlock } from './missing-unlock.ts';
import { nilChannel } from './nil-channel.ts';
import { recursiveRlock } from './recursive-rlock.ts';
import { stuckSelect } from './stuck-select.ts';
import { tickerLoop } from './ticker-loop.ts';
import { timerDrain } from './timer-drain.ts';
import { uncancellableSend } from './uncancellable-send.ts';
import { uncancellableWait } from './uncancellable-wait.ts';
import { unclosedBody } from './unclosed-body.ts';
import { unclosedPipe } from './unclosed-pipe.ts';
import { unclosedResource } from './unclosed-resource.ts';
import { unclosedRows } from './unclosed-rows.ts';
import { unguardedSend } from './unguarded-send.ts';
import { unreleasedSemaphore } from './unreleased-semaphore.ts';
import { unstoppedIterator } from './unstopped-iterator.ts';
import { unstoppedSignal } from './unstopped-signal.ts';
import { waitBeforeDrain } from './wait-before-drain.ts';
import { waitgroupCount } from './waitgroup-count.ts';
import { waitsForItself } from './waits-for-itself.ts';
import { watcherOutlivesJob } from './watcher-outlives-job.ts';

/** Every rule, in the catalogue's order. */
export const rules: readonly Rule[] = [
  abandonedSend,
  missingClose,
  timerDrain,
  breakInSelect,
  unguardedSend,
  uncancellableSend,
  waitsForItself,
  waitBeforeDrain,
  abandonedReceive,
  watcherOutlivesJob,
  nilChannel,
  closedReceiveLoop,
  uncancellableWait,
  stuckSelect,
  loopWithoutExit,
  tickerLoop,
  failedStreamLoop,
  unclosedResource,
  unclosedBody,
  unclosedRows,
  lostCancel,
  unstoppedSignal,
  unstoppedIterator,
  waitgroupCount,
  missingUnlock,
  doubleLock,
  recursiveRlock,
  lockOrder,
  blockedUnderLock,
  condWithoutSignal,
  deadlock,
  unreleasedSemaphore,
  unclosedPipe,
  lostGuard,
];
