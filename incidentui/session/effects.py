"""What a decision wants done in the world: begun here, and what comes of it goes back as an observation."""

import contextlib

from incidentui.core import inputs as i
from incidentui.session.actions import Actions, fixes_looked
from incidentui.session.keeping import kept
from incidentui.session.loop import Loop
from incidentui.session.parts import World


async def begin(effect: i.Effect, actions: Actions, world: World, loop: Loop, *, read_only: bool) -> None:
    match effect:
        case i.StartAction():
            await actions.run(effect.run, effect.plan)
        case i.SettleAction():
            await actions.settle(effect.run)
        case i.CancelAction():
            actions.cancel(effect.run, effect.by)
        case i.LookAtFixes():
            if world.fixes is not None:
                loop.put(await fixes_looked(world.fixes, effect))
        case i.LookNow():
            await actions.look()
        case i.ReadLedger() | i.KeepGood():
            with contextlib.suppress(Exception):  # a favour: the next move of a ref asks again
                await _ask_clone(effect, world, loop, read_only)
        case i.KeepCheckpoint():
            if world.checkpoints is not None:
                loop.put(await kept(world.checkpoints, effect, loop.desk.state))


async def _ask_clone(effect: i.ReadLedger | i.KeepGood, world: World, loop: Loop, read_only: bool) -> None:
    if world.clone is None:
        return
    if isinstance(effect, i.ReadLedger):
        ledger = await world.clone.ledger(effect.good, effect.tip, effect.symbol)
        if ledger is not None:
            loop.put(i.LedgerLooked(ledger))
    elif not read_only:
        await world.clone.keep_good(effect.good)
