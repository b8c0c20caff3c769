import type { Rule } from '../rule.ts';
import { abandonedSend } from './abandoned-send.ts';
import { breakInSelect } from './break-in-select.ts';
import { closedReceiveLoop } from './closed-receive-loop.ts';
import { doubleLock } from './double-lock.ts';
import { loopWithoutExit } from './loop-without-exit.ts';
import { missingClose } from './missing-close.ts';
import { missingUnlock } from './missing-unlock.ts';
import { recursiveRlock } from './recursive-rlock.ts';
import { tickerLoop } from './ticker-loop.ts';
import { timerDrain } from './timer-drain.ts';

/** Every rule, in the catalogue's order. */
export const rules: readonly Rule[] = [abandonedSend, missingClose, timerDrain, breakInSelect, tickerLoop, closedReceiveLoop, loopWithoutExit, missingUnlock, doubleLock, recursiveRlock];
