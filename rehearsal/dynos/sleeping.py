"""Eco dynos fall asleep when their app has had no web traffic for half an hour: the web dyno, and the others with it.

An app that has only Eco workers does not sleep [https://help.heroku.com/Q8OBM85C/how-do-eco-dyno-hours-work].
"""

from __future__ import annotations

import asyncio
import time

from rehearsal.records import App
from rehearsal.world import World

ECO = "Eco"
LOOK = 30.0  # seconds between two looks at the clock, at most


async def watch(world: World) -> None:
    """Let apps fall asleep, for ever."""
    idle = world.settings.eco_idle
    while True:
        await asyncio.sleep(min(LOOK, idle / 4))
        for app in world.store.all(App):
            if time.monotonic() - world.dynos.running(app.id).visited >= idle:
                await fall_asleep(world, app)


async def fall_asleep(world: World, app: App) -> bool:
    """Let an app's Eco dynos sleep until its next web request; False where it has no Eco web dyno that is up."""
    running = world.dynos.running(app.id)
    async with running.lock:
        if not any(dyno.size.name == ECO for dyno in running.up):
            return False
        for dyno in running.lasting:
            if dyno.size.name == ECO and dyno.state != "down":
                world.dynos.leave(dyno, word="Idling", state="idle")
    await world.dynos.note(app.id)
    return True


async def wake(world: World, app: App) -> None:
    """The app's dynos that sleep start again, on the current release."""
    running, release = world.dynos.running(app.id), world.releases.current(app)
    async with running.lock:
        asleep = {dyno.name: dyno for dyno in running.asleep}
        for dyno in asleep.values():
            world.logs.heroku(app.id, dyno.name, "Unidling")
            world.dynos.dismiss(running, dyno)
        wanted = {name: each for name, each in world.dynos.wanted(app).items() if name in asleep}
        if release is not None:
            world.dynos.begin(app, release, wanted, after=asleep)
    await world.dynos.note(app.id)
