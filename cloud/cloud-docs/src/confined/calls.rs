//! The system calls that reading a file takes; every other one is answered as if the kernel had none, so that libraries fall back.

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};
use thiserror::Error;

/// Why the filter does not hold.
#[derive(Debug, Error)]
pub enum CallsError {
    /// It cannot be made for this processor.
    #[error("failed to make the filter of system calls")]
    Make(#[from] seccompiler::BackendError),
    /// The kernel does not take it.
    #[error("the kernel does not take the filter of system calls: it needs CONFIG_SECCOMP_FILTER")]
    Apply(#[from] seccompiler::Error),
}

/// Memory, files by descriptor, time, threads, programs. No socket, no mount, no key ring, no tracing, no other process's memory,
/// no BPF, no io_uring. `openat` is here because Landlock says which files; `execve` because recognition is a program, and Landlock
/// says which one: it inherits both.
const ALLOWED: &[c_long] = &[
    libc::SYS_brk,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_execve,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_fcntl,
    libc::SYS_fdatasync,
    libc::SYS_fstat,
    libc::SYS_fstatfs,
    libc::SYS_fsync,
    libc::SYS_ftruncate,
    libc::SYS_futex,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_getuid,
    // Landlock keeps it within the processes that are confined alike.
    libc::SYS_kill,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_mkdirat,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_newfstatat,
    libc::SYS_openat,
    libc::SYS_pipe2,
    libc::SYS_ppoll,
    libc::SYS_pread64,
    libc::SYS_prlimit64,
    libc::SYS_pselect6,
    libc::SYS_pwrite64,
    libc::SYS_read,
    libc::SYS_readlinkat,
    libc::SYS_readv,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_sigaltstack,
    libc::SYS_statfs,
    libc::SYS_statx,
    libc::SYS_sysinfo,
    libc::SYS_tgkill,
    libc::SYS_times,
    libc::SYS_umask,
    libc::SYS_uname,
    libc::SYS_unlinkat,
    libc::SYS_wait4,
    libc::SYS_waitid,
    libc::SYS_write,
    libc::SYS_writev,
];

/// What newer processors' kernels left out.
#[cfg(target_arch = "x86_64")]
const ALLOWED_HERE: &[c_long] = &[
    libc::SYS_access,
    libc::SYS_arch_prctl,
    libc::SYS_dup2,
    libc::SYS_getrlimit,
    libc::SYS_lstat,
    libc::SYS_mkdir,
    libc::SYS_open,
    libc::SYS_pipe,
    libc::SYS_poll,
    libc::SYS_readlink,
    libc::SYS_rmdir,
    libc::SYS_select,
    libc::SYS_stat,
    libc::SYS_time,
    libc::SYS_unlink,
    libc::SYS_vfork,
];
#[cfg(not(target_arch = "x86_64"))]
const ALLOWED_HERE: &[c_long] = &[];

/// Ways of `ioctl` that ask or set something of an open file alone; terminals are not typed into.
const IOCTLS: [u64; 5] = [libc::FIOCLEX, libc::FIONCLEX, libc::FIONBIO, libc::FIONREAD, libc::TCGETS];

/// New name spaces: the way to rights that the user does not have.
const NAMESPACES: u64 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET) as u64;

/// Holds this process, and whatever it starts, to the list.
pub(super) fn restrict() -> Result<(), CallsError> {
    seccompiler::apply_filter(&program()?)?;
    Ok(())
}

fn program() -> Result<BpfProgram, CallsError> {
    let always = ALLOWED.iter().chain(ALLOWED_HERE).map(|&call| (call, Vec::new()));
    let mut rules: std::collections::BTreeMap<c_long, Vec<SeccompRule>> = always.collect();
    let only = |argument, width, how, value| {
        SeccompCondition::new(argument, width, how, value)
            .and_then(|condition| SeccompRule::new(vec![condition]))
    };
    // `clone3` hides its flags behind a pointer; it is not on the list, and libraries then use `clone`.
    let no_namespace =
        only(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(NAMESPACES), 0).map_err(CallsError::Make)?;
    rules.insert(libc::SYS_clone, vec![no_namespace]);
    let mut ioctls = Vec::new();
    for request in IOCTLS {
        ioctls.push(only(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, request).map_err(CallsError::Make)?);
    }
    rules.insert(libc::SYS_ioctl, ioctls);
    let names = [libc::PR_SET_NAME, libc::PR_GET_NAME];
    let mut ways = Vec::new();
    for way in names {
        ways.push(only(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, way as u64).map_err(CallsError::Make)?);
    }
    rules.insert(libc::SYS_prctl, ways);
    let unknown = SeccompAction::Errno(libc::ENOSYS as u32);
    let processor = std::env::consts::ARCH.try_into().map_err(CallsError::Make)?;
    let filter =
        SeccompFilter::new(rules, unknown, SeccompAction::Allow, processor).map_err(CallsError::Make)?;
    filter.try_into().map_err(CallsError::Make)
}
