"""A job that was taken from its queue but not finished goes back to the front of it, as if it had never been taken."""

from redis import Redis
from rq.executions import Execution, ExecutionRegistry
from rq.job import Job
from rq.queue import Queue

# Removing the execution is the claim: recording a result removes it too (rq.executions.cleanup_execution, in one transaction
# with the result), so that a job cannot be finished and put back at the same time. Retries that are left stay as they are.
PUT_BACK = """
local started, intermediate, queue, job, execution, executions = unpack(KEYS)
local job_id, entry, execution_id = unpack(ARGV)
if redis.call('ZREM', started, entry) == 0 then return 0 end
redis.call('DEL', execution)
redis.call('ZREM', executions, execution_id)
redis.call('LREM', intermediate, 1, job_id)
if redis.call('EXISTS', job) == 0 then return 0 end
redis.call('HSET', job, 'status', 'queued')
redis.call('LPUSH', queue, job_id)
return 1
"""

# A job between the queue and the registry of started jobs; whoever takes it out of the intermediate list has it.
PUT_BACK_UNSTARTED = """
local intermediate, queue, job = unpack(KEYS)
if redis.call('LREM', intermediate, 1, ARGV[1]) == 0 then return 0 end
if redis.call('EXISTS', job) == 0 then return 0 end
redis.call('LPUSH', queue, ARGV[1])
return 1
"""


def put_back(connection: Redis, job: Job, queue: Queue, execution: Execution) -> bool:
    """Put a started job back; False when its result, or its failure, had been recorded already."""
    registry = queue.started_job_registry
    executions = ExecutionRegistry(job.id, connection)
    keys = [registry.key, queue.intermediate_queue_key, queue.key, job.key, execution.key, executions.key]
    return bool(connection.eval(PUT_BACK, len(keys), *keys, job.id, execution.composite_key, execution.id))


def put_back_unstarted(connection: Redis, job_id: str, queue: Queue) -> bool:
    """Put back a job that was taken but never started; False when somebody else has it."""
    keys = [queue.intermediate_queue_key, queue.key, Job.key_for(job_id)]
    keys = [key.decode() if isinstance(key, bytes) else key for key in keys]
    return bool(connection.eval(PUT_BACK_UNSTARTED, len(keys), *keys, job_id))


def put_back_stray(connection: Redis, queue: Queue) -> None:
    """Put back the jobs whose worker died between taking and starting them, a minute after they were first noticed."""
    intermediate = queue.intermediate_queue
    for job_id in intermediate.get_job_ids():
        if job_id in queue.started_job_registry or intermediate.set_first_seen(job_id):
            continue
        if intermediate.should_be_cleaned_up(job_id):
            put_back_unstarted(connection, job_id, queue)
            connection.delete(intermediate.get_first_seen_key(job_id))
